//! Changes that are made to bytes.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::time::{Duration, Instant};

const SEED: u64 = 20_261_122;
/// Another seed, and how long instead of how often: `cargo xtask fuzz` sets both.
const SEED_SETTING: &str = "REFRAIN_FUZZ_SEED";
const SECONDS_SETTING: &str = "REFRAIN_FUZZ_SECONDS";
const CHANGES_MAX: u32 = 6;
const DEPTH_MAX: u32 = 5;
const FIELDS_MAX: u32 = 8;
const NUMBER_MAX: u32 = 24;

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// So many rounds; all that there is time for if a time was given.
pub fn rounds(n: u32) -> impl Iterator<Item = u32> {
    let until = setting(SECONDS_SETTING).map(|it| Instant::now() + Duration::from_secs(it));
    (0..u32::MAX).take_while(move |round| match until {
        Some(until) => Instant::now() < until,
        None => *round < n,
    })
}

/// The same throws every time.
pub struct Dice(ChaCha8Rng);

impl Default for Dice {
    fn default() -> Dice {
        Dice(ChaCha8Rng::seed_from_u64(setting(SEED_SETTING).unwrap_or(SEED)))
    }
}

impl Dice {
    pub fn below(&mut self, n: u32) -> u32 {
        self.0.next_u32() % n.max(1)
    }

    fn place(&mut self, bytes: &[u8]) -> usize {
        self.0.next_u32() as usize % bytes.len().max(1)
    }

    pub fn one_of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.0.next_u32() as usize % all.len()]
    }

    /// A few bytes are others, are gone, or are there again.
    pub fn bytes_changed(&mut self, from: &[u8]) -> Vec<u8> {
        let mut bytes = from.to_vec();
        for _ in 0..=self.below(CHANGES_MAX) {
            let at = self.place(&bytes);
            match self.below(6) {
                _ if bytes.is_empty() => bytes.push(self.0.next_u32() as u8),
                0 => bytes[at] = self.0.next_u32() as u8,
                1 => bytes[at] ^= 1 << self.below(8),
                2 if self.below(4) == 0 => bytes.truncate(at),
                2 | 3 => drop(bytes.drain(at..(at + 1 + self.place(&[0; 9])).min(bytes.len()))),
                4 => drop(bytes.splice(at..at, self.text())),
                _ => {
                    let again = bytes[at..(at + self.place(&[0; 40])).min(bytes.len())].to_vec();
                    let to = self.place(&bytes);
                    bytes.splice(to..to, again);
                }
            }
        }
        bytes
    }

    /// A field of a protobuf message, or one in it, is another, is gone, or is there again. What is no
    /// message comes back as it is.
    pub fn message_changed(&mut self, from: &[u8]) -> Vec<u8> {
        let Some(mut fields) = fields(from).filter(|it| !it.is_empty()) else {
            return from.to_vec();
        };
        for _ in 0..=self.below(2) {
            let at = self.below(fields.len() as u32) as usize;
            let field = &mut fields[at];
            match (self.below(8), &mut field.content) {
                (0, _) => drop(fields.remove(at)),
                (1, _) => {
                    let again = field.clone();
                    fields.push(again);
                }
                (2, _) => field.number = u64::from(1 + self.below(NUMBER_MAX)),
                (_, Content::Number(number)) => *number = self.number(),
                (_, Content::Fixed(bytes)) => {
                    *bytes = self.0.next_u64().to_le_bytes()[..bytes.len()].to_vec()
                }
                (3, Content::Bytes(bytes)) => *bytes = self.text(),
                (4, Content::Bytes(bytes)) => *bytes = self.message(2),
                (_, Content::Bytes(bytes)) => {
                    let inner = self.message_changed(bytes);
                    *bytes = if inner == *bytes { self.text() } else { inner };
                }
            }
            if fields.is_empty() {
                break;
            }
        }
        let mut bytes = Vec::new();
        for field in fields {
            field.put(&mut bytes);
        }
        bytes
    }

    /// A message of fields with the numbers of real ones, and with what means something to somebody.
    pub fn message(&mut self, depth: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..self.below(FIELDS_MAX) {
            self.field(depth).put(&mut bytes);
        }
        if self.below(40) == 0 {
            let end = self.place(&bytes);
            bytes.truncate(end);
        }
        bytes
    }

    fn field(&mut self, depth: u32) -> Field {
        let number = u64::from(1 + self.below(NUMBER_MAX));
        let content = match self.below(20) {
            0 => Content::Fixed(self.0.next_u64().to_le_bytes().to_vec()),
            1 => Content::Fixed(self.0.next_u32().to_le_bytes().to_vec()),
            2..=6 => Content::Number(self.number()),
            7..=12 => Content::Bytes(self.text()),
            _ if depth < DEPTH_MAX => Content::Bytes(self.message(depth + 1)),
            _ => Content::Bytes(Vec::new()),
        };
        Field { number, content }
    }

    /// Those at edges more often than others.
    fn number(&mut self) -> u64 {
        match self.below(8) {
            0 => 0,
            1 => u64::MAX,
            2 => i64::MAX as u64,
            3 => u64::from(u32::MAX),
            4..=6 => u64::from(self.below(12)),
            _ => self.0.next_u64(),
        }
    }

    /// Words that mean something to some call, and others.
    fn text(&mut self) -> Vec<u8> {
        const WORDS: [&[u8]; 24] = [
            b"default",
            b"orders",
            b"w",
            b"nobody",
            b"",
            b"0194b0c4-6b1c-7000-8000-000000000000",
            b"ExecutionStatus = 'Running' AND (",
            b" BETWEEN '1' AND \"2\"",
            b"* * * * *",
            b"@every 0s",
            b"CRON_TZ=Europe/Berlin 0 2 29 2 *",
            b"9999-12-31T23:59:59.999999999Z",
            b"-315576000000s",
            b"1e308",
            b"-9223372036854775808",
            b"json/plain",
            b"{\"a\":[1,2",
            b"[[[[[[[[",
            b"WorkflowId",
            b"__stack_trace",
            b"\xff\xfe",
            b"\0",
            b"\\ud800",
            "\u{1F980}`'\"%".as_bytes(),
        ];
        match self.below(20) {
            0 => vec![b'x'; 1001],
            1 => (0..self.below(20)).map(|_| self.0.next_u32() as u8).collect(),
            _ => self.one_of(&WORDS).to_vec(),
        }
    }
}

#[derive(Clone)]
struct Field {
    number: u64,
    content: Content,
}

#[derive(Clone)]
enum Content {
    Number(u64),
    /// Of 4 or 8 bytes.
    Fixed(Vec<u8>),
    Bytes(Vec<u8>),
}

impl Field {
    fn put(&self, bytes: &mut Vec<u8>) {
        let wire_type = match &self.content {
            Content::Number(_) => 0,
            Content::Fixed(it) if it.len() == 4 => 5,
            Content::Fixed(_) => 1,
            Content::Bytes(_) => 2,
        };
        put_varint(self.number << 3 | wire_type, bytes);
        match &self.content {
            Content::Number(number) => put_varint(*number, bytes),
            Content::Fixed(it) => bytes.extend(it),
            Content::Bytes(it) => {
                put_varint(it.len() as u64, bytes);
                bytes.extend(it);
            }
        }
    }
}

/// `None`: these bytes are no message.
fn fields(mut bytes: &[u8]) -> Option<Vec<Field>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let content = match tag & 7 {
            0 => Content::Number(varint(&mut bytes)?),
            1 => Content::Fixed(bytes.split_off(..8)?.to_vec()),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                Content::Bytes(bytes.split_off(..length)?.to_vec())
            }
            5 => Content::Fixed(bytes.split_off(..4)?.to_vec()),
            _ => return None,
        };
        fields.push(Field { number: tag >> 3, content });
    }
    Some(fields)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.split_off_first()?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn put_varint(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}
