//! Players, written by hand.

use spindle_data::players;

use super::*;

#[test]
fn players_by_hand() {
    const PLAYERS: &str = r#"{"grid": [8, 8], "patches": [[1, 2], [3, 4]]}"#;
    let of = |json: &[u8]| -> Found {
        let found = players::decode(json).map_err(|error| error.to_string())?;
        Ok(format!("{found:?}"))
    };
    let with = |from: &str, to: &str| of(PLAYERS.replacen(from, to, 1).as_bytes());
    let marked = [&[0xff, 0xfe][..], &utf16(PLAYERS, u16::to_le_bytes)].concat();
    let tried = vec![
        ("plain", of(PLAYERS.as_bytes()), Ok("Patches")),
        (
            "of Windows",
            of(PLAYERS.replace(' ', "\r\n").as_bytes()),
            Ok("Patches"),
        ),
        (
            "byte order mark",
            of(format!("\u{feff}{PLAYERS}").as_bytes()),
            Ok("Patches"),
        ),
        ("UTF-16", of(&marked), Ok("Patches")),
        (
            "UTF-16 without a mark",
            of(&utf16(PLAYERS, u16::to_le_bytes)),
            Err("UTF-16 without the mark"),
        ),
        ("words", of(br#"{"words": [1, 2]}"#), Ok("Words")),
        ("a comma more", with("4]]", "4],]"), Err("trailing comma")),
        ("a comment", with("{", "// mine\n{"), Err("it must be JSON")),
        (
            "quotes of Python",
            of(PLAYERS.replace('"', "'").as_bytes()),
            Err("it must be JSON"),
        ),
        ("no number", with("1, 2", "NaN, 2"), Err("it must be JSON")),
        (
            "numbers in quotes",
            with("1, 2", "\"1\", 2"),
            Err("patches[0] is"),
        ),
        (
            "broken numbers",
            with("1, 2", "1.5, 2"),
            Err("patches[0] is [1.5,2]"),
        ),
        (
            "below 0",
            with("1, 2", "-1, 2"),
            Err("patches[0] is [-1,2]"),
        ),
        ("outside", with("1, 2", "8, 2"), Err("8, 2")),
        (
            "three numbers",
            with("1, 2", "1, 2, 3"),
            Err("patches[0] is [1,2,3]"),
        ),
        ("nothing", with("[1, 2]", "null"), Err("patches[0] is null")),
        ("a list alone", of(b"[[1, 2], [3, 4]]"), Err("it must be {")),
        (
            "a field more",
            with("{", "{\"name\": \"x\", "),
            Err("no field \"name\""),
        ),
        (
            "capitals",
            with("patches", "Patches"),
            Err("no field \"Patches\""),
        ),
        ("empty", of(b""), Err("it must be JSON")),
    ];
    check("files of players", tried);
}
