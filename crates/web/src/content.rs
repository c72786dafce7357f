//! What a sample looks like on the page: pixels, words or points, each with the player that it
//! belongs to.

use serde_bytes::ByteBuf;
use spindle_run::content::Content;
use spindle_run::player::{GRID, PatchMasks};
use spindle_run::{
    content::{Cloud, Picture, Text},
    record::Players,
};

use crate::protocol::{ContentView, Segment};

/// Names of players that have none of their own.
const LETTERS: &str = "abcdefghijklmnopqrst";
/// The player of what is no player's.
const NOBODY: i8 = -1;

/// A content and the names of its players; `players` that are of another kind own nothing.
#[must_use]
pub fn content_view(content: Content, players: &Players) -> (ContentView, Vec<String>) {
    let letters = || letters(players.len());
    match (content, players) {
        (Content::Texts(text), players) => {
            let words: &[usize] = match players {
                Players::Words { words } => words,
                _ => &[],
            };
            (
                ContentView::Text {
                    lines: lines(&text, words),
                },
                names(&text, words),
            )
        }
        (Content::Pictures(picture), Players::Patches(patches)) => {
            (picture_view(picture, patches), letters())
        }
        (Content::Pictures(picture), _) => (picture_view(picture, &[]), letters()),
        (Content::Clouds(cloud), Players::Clusters { clusters }) => {
            (cloud_view(&cloud, clusters), letters())
        }
        (Content::Clouds(cloud), _) => (cloud_view(&cloud, &[]), letters()),
    }
}

fn letters(count: usize) -> Vec<String> {
    LETTERS.chars().take(count).map(String::from).collect()
}

/// The grid lies over the whole picture. A patch of LeNet's feature map lies under the same pixels
/// of the picture: the border of zeros is as wide as half its filters.
fn picture_view(picture: Picture, patches: &[[usize; 2]]) -> ContentView {
    let masks = PatchMasks::new(patches, picture.side);
    let player = |&bit: &u32| {
        if bit == 0 {
            NOBODY
        } else {
            bit.trailing_zeros() as i8
        }
    };
    ContentView::Picture {
        owners: masks.owners().iter().map(player).collect(),
        grid: GRID,
        players: patches.to_vec(),
        side: picture.side,
        channels: picture.channels,
        pixels: ByteBuf::from(picture.pixels),
    }
}

fn cloud_view(cloud: &Cloud, clusters: &[usize]) -> ContentView {
    let owner = |&cluster: &u8| position(clusters, usize::from(cluster));
    ContentView::Cloud {
        points: cloud.points.as_flattened().to_vec(),
        owners: cloud.clusters.iter().map(owner).collect(),
    }
}

/// The player whose number this is.
fn position(players: &[usize], number: usize) -> i8 {
    let found = players.iter().position(|&player| player == number);
    found.map_or(NOBODY, |player| player as i8)
}

/// A text in pieces: its words, and what stands between them.
fn lines(text: &Text, players: &[usize]) -> Vec<Vec<Segment>> {
    let mut lines = vec![Vec::new()];
    let mut done = 0;
    for (number, &[start, end]) in text.words.iter().enumerate() {
        push(&mut lines, piece(text, done, start), NOBODY);
        push(
            &mut lines,
            piece(text, start, end),
            position(players, number),
        );
        done = end;
    }
    push(&mut lines, piece(text, done, text.text.len()), NOBODY);
    lines
}

/// Adds a piece; every part of a pair has a line of its own. What is no player's goes to what is no
/// player's before it.
fn push(lines: &mut Vec<Vec<Segment>>, piece: &str, player: i8) {
    for (index, part) in piece.split('\n').enumerate() {
        if index > 0 {
            lines.push(Vec::new());
        }
        let Some(line) = lines.last_mut().filter(|_| !part.is_empty()) else {
            continue;
        };
        match line.last_mut() {
            Some(last) if player == NOBODY && last.player == NOBODY => last.text.push_str(part),
            _ => line.push(Segment {
                text: part.to_owned(),
                player,
            }),
        }
    }
}

/// The words that are players.
fn names(text: &Text, players: &[usize]) -> Vec<String> {
    let word = |&player: &usize| {
        let [start, end] = text.words.get(player).copied().unwrap_or_default();
        piece(text, start, end).to_owned()
    };
    players.iter().map(word).collect()
}

fn piece(text: &Text, start: usize, end: usize) -> &str {
    text.text.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_has_two_lines_and_its_words_their_players() {
        let text = Text {
            text: "not good.\nit is bad".into(),
            words: vec![[0, 3], [4, 8], [8, 9], [10, 12], [13, 15], [16, 19]],
        };
        let players = Players::Words {
            words: vec![0, 1, 5],
        };
        let (view, names) = content_view(Content::Texts(text), &players);
        assert_eq!(names, ["not", "good", "bad"]);
        let ContentView::Text { lines } = view else {
            panic!("a text is seen as another kind")
        };
        let seen: Vec<Vec<(&str, i8)>> = lines
            .iter()
            .map(|line| {
                line.iter()
                    .map(|piece| (piece.text.as_str(), piece.player))
                    .collect()
            })
            .collect();
        assert_eq!(
            seen,
            [
                vec![("not", 0), (" ", -1), ("good", 1), (".", -1)],
                vec![("it is ", -1), ("bad", 2)],
            ]
        );
    }

    #[test]
    fn patches_lie_over_the_whole_picture() {
        let picture = Picture {
            side: 28,
            channels: 1,
            pixels: vec![0; 28 * 28],
        };
        let players = Players::Patches(vec![[0, 0], [7, 7]]);
        let (view, names) = content_view(Content::Pictures(picture), &players);
        let ContentView::Picture { owners, .. } = view else {
            panic!("a picture is seen as another kind")
        };
        assert_eq!(
            (owners[0], owners[28 * 28 - 1], owners[14 * 28 + 14]),
            (0, 1, -1)
        );
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn points_belong_to_the_players_of_their_clusters() {
        let cloud = Cloud {
            points: vec![[0.5, 0.0, 0.0]; 3],
            clusters: vec![4, 29, 7],
        };
        let players = Players::Clusters {
            clusters: vec![7, 4],
        };
        let (view, _) = content_view(Content::Clouds(cloud), &players);
        let ContentView::Cloud { points, owners } = view else {
            panic!("a cloud is seen as another kind")
        };
        assert_eq!((points.len(), owners), (9, vec![1, -1, 0]));
    }
}
