//! The process is killed hundreds of times, at random points of settling, closing and correcting. The same
//! commands then lead to the ledger that an undisturbed run leaves.

use std::process::Stdio;
use std::time::Duration;

use super::settlement::{Dice, csv, done, later, places, tried, world};
use super::{folder, path};

/// Number of kills to reach, over both stores. `SAMSPILL_TEST_KILLS` sets another number.
const KILLS: u64 = 200;

fn commands(first: &str, second: &str) -> Vec<(&'static str, Vec<String>)> {
    let line = |now, text: &str| (now, text.split(' ').map(str::to_owned).collect());
    vec![
        line("2012-01-01", "settlement open 2012"),
        line("2012-02-10", &format!("settlement run 2012-01 --draft --contacts {first}")),
        line("2012-02-11", "settlement close 2012-01"),
        line(
            "2012-03-10",
            &format!("settlement correct 2012 --into 2012-02 --draft --accept --contacts {second}"),
        ),
        line("2012-03-11", &format!("settlement run 2012-02 --draft --contacts {second}")),
        line("2012-03-12", "settlement close 2012-02"),
    ]
}

fn head(ledger: &str) -> String {
    let printed = done(ledger, "2013-01-01", &["ledger", "verify"]);
    printed.split("ender i ").nth(1).unwrap().to_owned()
}

#[test]
fn a_killed_process_leaves_nothing_half_posted() {
    #[expect(clippy::disallowed_methods, reason = "a soak asks for more by the environment")]
    let kills = std::env::var("SAMSPILL_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let work = folder("crash");
    let contacts = world(3, 400);
    let (first, second) = (work.join("first.csv"), work.join("second.csv"));
    std::fs::write(&first, csv(&contacts)).unwrap();
    std::fs::write(&second, csv(&later(&contacts, 3))).unwrap();
    let commands = commands(path(&first), path(&second));
    let undisturbed = places("crash_undisturbed");
    for (now, arguments) in &commands {
        done(&undisturbed[0], now, &arguments.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let wanted = head(&undisturbed[0]);
    let (mut killed, mut finished) = (0, 0);
    let mut dice = Dice::new(17);
    let mut round = 0;
    while killed < kills {
        for ledger in places(&format!("crash_{round}")) {
            for (now, arguments) in &commands {
                // Each command is killed up to four times at random points, and is then run to its end.
                for _ in 0..4 {
                    let mut child = crate::program()
                        .args(arguments)
                        .args(["--ledger", &ledger, "--now", now])
                        .stdout(Stdio::null())
                        .stderr(Stdio::null())
                        .spawn()
                        .unwrap();
                    std::thread::sleep(Duration::from_micros(dice.roll(120_000)));
                    match child.try_wait().unwrap() {
                        Some(_) => finished += 1,
                        None => killed += 1,
                    }
                    let _ = child.kill();
                    child.wait().unwrap();
                }
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                let (code, printed) = tried(&ledger, now, &arguments);
                // The command may have been posted before it was killed: then a closed month says that it
                // never changes.
                assert!(code == Some(0) || printed.contains("endres aldri"), "{arguments:?}: {printed}");
            }
            assert_eq!(head(&ledger), wanted, "{ledger}");
        }
        round += 1;
    }
    assert!(finished > 0, "some runs came through, some did not: {killed} and {finished}");
}
