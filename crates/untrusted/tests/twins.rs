//! Every format's reader on bytes of chance and on damaged files, for some seconds together.
//! `cargo xtask fuzz` does the same for minutes.

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use spindle_untrusted::{TARGETS, Target, accepted, damaged, generator};

/// Damaged files a format.
const DAMAGED: u32 = 300;
/// Files of bytes of chance a format.
const RANDOM: u32 = 60;

/// The same files at every time: what fails once fails again, also on the machine beside.
fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn try_target(target: &Target) {
    let seeds = (target.seeds)();
    accepted();
    seeds.iter().for_each(|seed| (target.body)(seed));
    assert!(accepted() > 0, "{} refuses every whole file", target.name);
    let random = runner(RANDOM).run(&prop::collection::vec(any::<u8>(), 0..512), |bytes| {
        (target.body)(&bytes);
        Ok(())
    });
    assert!(random.is_ok(), "{}: {random:?}", target.name);
    // A seed and not the bytes, so that shrinking tries other damage and not no file at all.
    let tried = runner(DAMAGED).run(&any::<u64>(), |seed| {
        (target.body)(&damaged(&seeds, &mut generator(seed)));
        Ok(())
    });
    assert!(tried.is_ok(), "{}: {tried:?}", target.name);
}

/// One test, since memory is counted for the whole process.
#[test]
fn files_of_strangers_do_no_harm() {
    TARGETS.iter().for_each(try_target);
}
