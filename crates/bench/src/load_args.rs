//! The command lines of the scenarios that send.

use std::str::FromStr;
use std::time::Duration;

use chinwag_client::Transport;
use clap::{Args, ValueEnum};

use crate::command_line::{CommonArgs, TransportArg, positive, seconds};
use crate::load::{Amount, Marker, Pace};

/// `room`.
#[derive(Debug, Clone, Args)]
pub struct RoomArgs {
    /// Where the server is, and how the results are told.
    #[command(flatten)]
    pub common: CommonArgs,
    /// How much, how fast.
    #[command(flatten)]
    pub load: LoadArgs,
    /// Rooms, which get messages by turns
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = positive)]
    pub rooms: usize,
    /// Readers of each room; several numbers give a curve
    #[arg(long, value_name = "N,…", value_delimiter = ',', default_value = "1000", value_parser = positive)]
    pub readers: Vec<usize>,
    /// Messages outstanding at most: not yet acknowledged, or not yet with their last reader [default: 1]
    #[arg(long, value_name = "N", conflicts_with = "rate", value_parser = positive)]
    pub outstanding: Option<usize>,
}

/// `pairs`.
#[derive(Debug, Clone, Args)]
pub struct PairsArgs {
    /// Where the server is, and how the results are told.
    #[command(flatten)]
    pub common: CommonArgs,
    /// How much, how fast.
    #[command(flatten)]
    pub load: LoadArgs,
    /// Pairs
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = positive)]
    pub pairs: usize,
    /// Messages of all pairs outstanding at most: not yet acknowledged, or not yet with both [default: 1000]
    #[arg(long, value_name = "N", conflicts_with = "rate", value_parser = positive)]
    pub outstanding: Option<usize>,
}

/// How messages are sent.
#[derive(Debug, Clone, Args)]
pub struct LoadArgs {
    /// How events are asked for
    #[arg(long, value_enum, default_value_t = TransportArg::Websocket)]
    pub transport: TransportArg,
    /// What every message has in common.
    #[command(flatten)]
    pub sending: SendingArgs,
    /// Messages [default: 2000, where --seconds is not given]
    #[arg(long, value_name = "N", conflicts_with = "seconds")]
    pub messages: Option<u64>,
    /// Seconds in which messages are sent
    #[arg(long, value_name = "S", value_parser = seconds)]
    pub seconds: Option<Duration>,
    /// Messages before it counts, or seconds as in 2s [default: a tenth]
    #[arg(long, value_name = "N|Ns")]
    pub warmup: Option<AmountArg>,
    /// Messages a second, due at times that are drawn before the run; each time counts from when the message was due
    #[arg(long, value_name = "N", value_parser = rate)]
    pub rate: Option<f64>,
    /// With --rate: if so many are outstanding, the server is overloaded, and the run ends
    #[arg(long, value_name = "N", default_value_t = 10_000, requires = "rate", value_parser = positive)]
    pub outstanding_max: usize,
    /// Of the times that are drawn
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

/// What every message has in common.
#[derive(Debug, Clone, Args)]
pub struct SendingArgs {
    /// Bytes of each text
    #[arg(long, value_name = "BYTES", default_value_t = 100, value_parser = text_bytes)]
    pub size: usize,
    /// Offer compression on WebSockets
    #[arg(long)]
    pub deflate: bool,
    /// Between two short polls of a reader
    #[arg(long, value_name = "S", default_value = "1", value_parser = seconds)]
    pub poll_interval: Duration,
}

/// `mixed`.
#[derive(Debug, Clone, Args)]
pub struct MixedArgs {
    /// Where the server is, and how the results are told.
    #[command(flatten)]
    pub common: CommonArgs,
    /// What every message has in common.
    #[command(flatten)]
    pub sending: SendingArgs,
    /// Seconds of each part: direct messages alone, and then everything
    #[arg(long, value_name = "S", default_value = "10", value_parser = seconds)]
    pub seconds: Duration,
    /// Everybody; who is neither in the hot room nor in a pair is in a room of ten
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = positive)]
    pub people: usize,
    /// People in the hot room
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = positive)]
    pub hot: usize,
    /// Messages a second in the hot room
    #[arg(long, value_name = "N", default_value_t = 50.0, value_parser = rate)]
    pub rate: f64,
    /// Messages of the hot room outstanding at most, instead of a rate
    #[arg(long, value_name = "N", conflicts_with = "rate", value_parser = positive)]
    pub outstanding: Option<usize>,
    /// Pairs
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = positive)]
    pub pairs: usize,
    /// Messages a second of all pairs
    #[arg(long, value_name = "N", default_value_t = 100.0, value_parser = rate)]
    pub direct_rate: f64,
    /// Messages a second of all rooms of ten in which something happens, which is every other
    #[arg(long, value_name = "N", default_value_t = 20.0, value_parser = rate)]
    pub small_rate: f64,
    /// Those who join the hot room and leave it again, without end
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub comers: usize,
    /// How people read, each transport with its share; pairs do not poll
    #[arg(
        long,
        value_name = "TRANSPORT=N,…",
        value_delimiter = ',',
        default_value = "websocket=70,sse=10,stream=10,long-poll=8,poll=2"
    )]
    pub transports: Vec<ShareArg>,
}

/// A transport with its share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShareArg(pub Transport, pub u32);

/// A number of messages, or of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AmountArg(pub Amount);

impl LoadArgs {
    /// How fast messages go out.
    pub fn pace(&self, outstanding: usize) -> Pace {
        match self.rate {
            None => Pace::Closed { outstanding },
            Some(per_second) => {
                Pace::Open { per_second, outstanding_max: self.outstanding_max, seed: self.seed }
            }
        }
    }

    /// How many.
    pub fn amount(&self) -> Amount {
        match (self.messages, self.seconds) {
            (Some(messages), _) => Amount::Messages(messages),
            (None, Some(time)) => Amount::Time(time),
            (None, None) => Amount::Messages(2_000),
        }
    }

    /// How many before it counts.
    pub fn warm_up(&self) -> Amount {
        match (self.warmup, self.amount()) {
            (Some(AmountArg(amount)), _) => amount,
            (None, Amount::Messages(messages)) => Amount::Messages(messages / 10),
            (None, Amount::Time(time)) => Amount::Time(time / 10),
        }
    }
}

impl FromStr for AmountArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(match text.strip_suffix('s') {
            Some(time) => Amount::Time(seconds(time)?),
            None => Amount::Messages(
                text.parse()
                    .map_err(|_| format!("{text:?} is neither a number nor one of seconds, as 2s"))?,
            ),
        }))
    }
}

impl FromStr for ShareArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (transport, share) = text.split_once('=').unwrap_or((text, "1"));
        let share = share.parse().map_err(|_| format!("{share:?} is not a share"))?;
        Ok(Self(TransportArg::from_str(transport, false)?.into(), share))
    }
}

fn text_bytes(text: &str) -> Result<usize, String> {
    positive(text)?.checked_sub(Marker::BYTES).map(|more| more + Marker::BYTES).ok_or_else(|| {
        format!("a text has at least {} bytes, for it says which message it is", Marker::BYTES)
    })
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| format!("{text:?} is not a number"))?;
    if rate.is_finite() && rate > 0.0 { Ok(rate) } else { Err("a number above 0".to_owned()) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::command_line::{Bench, Scenario};

    #[test]
    fn shares() {
        assert_eq!("sse=3".parse(), Ok(ShareArg(Transport::Sse, 3)));
        assert_eq!("long-poll".parse(), Ok(ShareArg(Transport::LongPoll, 1)));
        for text in ["", "sse=", "sse=-1", "fax=3"] {
            assert!(text.parse::<ShareArg>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_warm_up_is_a_tenth_unless_it_is_said() {
        let warm_up = |options: &str| {
            let words = ["bench", "room"].into_iter().chain(options.split_whitespace());
            match Bench::try_parse_from(words).unwrap().scenario {
                Scenario::Room(room) => room.load.warm_up(),
                _ => unreachable!(),
            }
        };
        assert_eq!(warm_up(""), Amount::Messages(200));
        assert_eq!(warm_up("--messages 50"), Amount::Messages(5));
        assert_eq!(warm_up("--seconds 5"), Amount::Time(Duration::from_millis(500)));
        assert_eq!(warm_up("--warmup 7"), Amount::Messages(7));
        assert_eq!(warm_up("--warmup 1.5s"), Amount::Time(Duration::from_millis(1_500)));
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        for options in [
            "--outstanding 4 --rate 5",
            "--messages 1 --seconds 1",
            "--outstanding-max 5",
            "--size 25",
            "--size 0",
            "--rate 0",
            "--readers 0",
            "--server-pid 1",
            "http://h --server-cores 1",
            "--key k",
        ] {
            let words = ["bench", "room"].into_iter().chain(options.split_whitespace());
            assert!(Bench::try_parse_from(words).is_err(), "{options}");
        }
    }
}
