//! Files that are damaged as disks, programs and people damage them.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Most that is done to a file.
const MOST: usize = 6;
/// Of so many files one is made large.
const SELDOM: usize = 60;
/// Bytes of a large file.
const LARGE: usize = 1 << 18;
/// Bytes that mean something in the formats.
const TELLING: &[u8] = b"\x00\x01\x7f\x80\xff([{\"'\\,:\t\n-.0NK}])e";
/// Numbers that are of the edges of types.
const EDGES: [u64; 12] = [
    0,
    1,
    0x7f,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0xffff_ffff,
    1 << 40,
    i64::MAX as u64,
    u64::MAX - 7,
    u64::MAX,
];
/// Numbers as texts have them.
const WRITTEN: [&str; 8] = [
    "0",
    "-1",
    "21",
    "65536",
    "4294967296",
    "9223372036854775808",
    "18446744073709551615",
    "1e999",
];

/// Random numbers that are the same for the same seed.
#[must_use]
pub fn generator(seed: u64) -> impl Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// One of these files with up to six kinds of damage, parts of another one among them.
pub fn damaged(seeds: &[Vec<u8>], rng: &mut impl Rng) -> Vec<u8> {
    let mut bytes = one(seeds, rng).to_vec();
    for _ in 0..rng.random_range(1..=MOST) {
        damage(&mut bytes, seeds, rng);
    }
    if rng.random_range(0..SELDOM) == 0 {
        swell(&mut bytes, rng);
    }
    bytes
}

fn one<'a>(seeds: &'a [Vec<u8>], rng: &mut impl Rng) -> &'a [u8] {
    &seeds[rng.random_range(0..seeds.len())]
}

fn damage(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], rng: &mut impl Rng) {
    let length = bytes.len();
    if length == 0 {
        bytes.push(rng.random());
        return;
    }
    let at = rng.random_range(0..length);
    let chunk = at..(at + rng.random_range(1..=64)).min(length);
    match rng.random_range(0..12) {
        0 | 1 => bytes[at] ^= 1 << rng.random_range(0..8),
        2 => bytes[at] = TELLING[rng.random_range(0..TELLING.len())],
        3 => bytes.truncate(at),
        4 => drop(bytes.drain(chunk)),
        5 => {
            let copy = bytes[chunk].to_vec();
            let to = rng.random_range(0..=length);
            bytes.splice(to..to, copy);
        }
        6 => number(bytes, at, rng),
        7 => written_number(bytes, at, rng),
        8 => repeated(bytes, at, rng),
        9 => {
            let other = one(seeds, rng);
            let from = rng.random_range(0..=other.len());
            let to = (from + rng.random_range(0..=512)).min(other.len());
            bytes.splice(at..at, other[from..to].iter().copied());
        }
        10 => {
            let middle = chunk.start + (chunk.len() / 2);
            bytes[chunk.clone()].rotate_left(middle - chunk.start);
        }
        _ => {
            let random: Vec<u8> = (0..rng.random_range(1..16)).map(|_| rng.random()).collect();
            bytes.splice(at..at, random);
        }
    }
}

/// A length or an offset that is another one.
fn number(bytes: &mut [u8], at: usize, rng: &mut impl Rng) {
    let length = bytes.len() as u64;
    let number = match rng.random_range(0..3) {
        0 => EDGES[rng.random_range(0..EDGES.len())],
        1 => length.wrapping_add(rng.random_range(0..16)).wrapping_sub(8),
        _ => rng.random::<u64>() >> rng.random_range(0..64),
    };
    let width = [1, 2, 4, 8][rng.random_range(0..4)].min(bytes.len() - at);
    let (little, big) = (number.to_le_bytes(), number.to_be_bytes());
    match rng.random() {
        true => bytes[at..at + width].copy_from_slice(&little[..width]),
        false => bytes[at..at + width].copy_from_slice(&big[8 - width..]),
    }
}

/// A number in a text, or the next one, that is another one.
fn written_number(bytes: &mut Vec<u8>, at: usize, rng: &mut impl Rng) {
    let Some(from) = bytes[at..].iter().position(u8::is_ascii_digit) else {
        return;
    };
    let from = at + from;
    let digits = bytes[from..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    let to = from + digits.count();
    let other = WRITTEN[rng.random_range(0..WRITTEN.len())];
    bytes.splice(from..to, other.bytes());
}

/// A part of a file over and over, so that it shows how much memory a byte takes.
fn swell(bytes: &mut Vec<u8>, rng: &mut impl Rng) {
    if bytes.is_empty() {
        return;
    }
    let at = rng.random_range(0..bytes.len());
    let end = (at + rng.random_range(1..=12)).min(bytes.len());
    let part = bytes[at..end].to_vec();
    let times = LARGE / part.len();
    bytes.splice(at..at, part.repeat(times));
}

/// A few bytes very often, which nests what opens.
fn repeated(bytes: &mut Vec<u8>, at: usize, rng: &mut impl Rng) {
    let end = (at + rng.random_range(1..=3)).min(bytes.len());
    let part = match rng.random() {
        true => bytes[at..end].to_vec(),
        false => vec![TELLING[rng.random_range(0..TELLING.len())]],
    };
    let times = 1 << rng.random_range(1..12);
    bytes.splice(at..at, part.repeat(times));
}
