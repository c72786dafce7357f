//! What people call a device in flags.

use std::{fmt, str::FromStr};

/// A device as it is asked for: `auto`, `cpu`, `gpu`, `gpu:1`, `gpu:NAME`, `cuda` or `cuda:1`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// The CPU, or a graphics card where a short measurement finds it faster.
    Auto,
    /// All cores of this machine.
    #[default]
    Cpu,
    /// A graphics adapter, the best one where none is told.
    Gpu(Option<Which>),
    /// A card of NVIDIA's, the first one where no number is told.
    Cuda(Option<usize>),
}

/// Which of several adapters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// By its place in the list of adapters.
    Number(usize),
    /// By a part of its name.
    Name(String),
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (device, which) = match text.split_once(':') {
            Some((device, which)) => (device, Some(which)),
            None => (text, None),
        };
        match (device, which) {
            ("auto", None) => Ok(Self::Auto),
            ("cpu", None) => Ok(Self::Cpu),
            ("gpu", None) => Ok(Self::Gpu(None)),
            ("gpu", Some(which)) if !which.is_empty() => Ok(Self::Gpu(Some(which.into()))),
            ("cuda", None) => Ok(Self::Cuda(None)),
            ("cuda", Some(number)) => match number.parse() {
                Ok(number) => Ok(Self::Cuda(Some(number))),
                Err(_) => Err(format!("cuda takes a number, not \"{number}\"")),
            },
            _ => Err(
                "devices are auto, cpu, gpu, gpu:NUMBER, gpu:NAME, cuda and cuda:NUMBER".to_owned(),
            ),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::Cpu => formatter.write_str("cpu"),
            Self::Gpu(None) => formatter.write_str("gpu"),
            Self::Gpu(Some(which)) => write!(formatter, "gpu:{which}"),
            Self::Cuda(None) => formatter.write_str("cuda"),
            Self::Cuda(Some(number)) => write!(formatter, "cuda:{number}"),
        }
    }
}

impl From<&str> for Which {
    fn from(text: &str) -> Self {
        match text.parse() {
            Ok(number) => Self::Number(number),
            Err(_) => Self::Name(text.to_owned()),
        }
    }
}

impl fmt::Display for Which {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Name(name) => formatter.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_devices_are_read_and_written() {
        for name in [
            "auto",
            "cpu",
            "gpu",
            "gpu:1",
            "gpu:GeForce",
            "cuda",
            "cuda:3",
        ] {
            let wanted: Wanted = name.parse().unwrap();
            assert_eq!(wanted.to_string(), name);
        }
        assert_eq!("gpu:0".parse(), Ok(Wanted::Gpu(Some(Which::Number(0)))));
        for wrong in ["", "gpu:", "tpu", "cpu:1", "cuda:x", "flex"] {
            assert!(wrong.parse::<Wanted>().is_err(), "{wrong}");
        }
    }
}
