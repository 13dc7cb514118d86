//! Every parser of text that a person wrote is fed with damaged text: it answers or refuses, and never panics. A
//! canary, a parser that must panic, is run first, so that a fuzzer that tries nothing is noticed.
//!
//! `SAMSPILL_FUZZ` sets the number of texts for each parser; `cargo xtask soak` runs many.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use domain::{Balancing, Instrument, Minute, Mode, PayRounding, Period};
use jobs::host::Host;
use jobs::law::Files;
use jobs::progress::Silent;
use jobs::settlement::{Books, OnAccountFrom, check_statement};
use jobs::{compare, intake, settlement};
use words::Language;

/// A parser with a text that it reads.
struct Target {
    name: &'static str,
    seed: &'static str,
    /// Reads one text. An error is an answer.
    read: fn(&str, &Path),
}

const CONTACTS: &str = "contact_id,stay_id,person_id,unit,unit_kind,trust,sector,care_level,admitted,discharged,\
municipality_of_registration,age,drg,drg_type,points,events\n\
1,1,1,U1,public-hospital,983974724,somatic,overnight,2012-03-04T10:00,2012-03-09T12:00,1201,81,127,medical,1.5,\
1@2012-03-04T12:00 2@2012-03-06T09:00 3@2012-03-06T10:00\n\
2;2;2;U1;public-hospital;983974724;somatic;overnight;2012-03-04;2012-03-09;1201;40;209;surgical;2,5;\n";

const TARGETS: &[Target] = &[
    Target { name: "contacts", seed: CONTACTS, read: contacts },
    Target { name: "mapping", seed: include_str!("../../register/mappings/npr-extract.toml"), read: mapping },
    Target { name: "rule", seed: include_str!("../../../rules/law/co-financing.toml"), read: rule },
    Target {
        name: "variant",
        seed: include_str!("../../../rules/variants/co-financing-fee-funded.toml"),
        read: variant,
    },
    Target {
        name: "measure",
        seed: include_str!("../../../rules/measures/medication-review.toml"),
        read: measure,
    },
    Target { name: "scheme", seed: include_str!("../../../rules/scheme/settlement.toml"), read: scheme },
    Target { name: "cases", seed: include_str!("../../../rules/law/co-financing.cases.md"), read: cases },
    Target { name: "scenario", seed: include_str!("../../../docs/examples/hva-om.toml"), read: scenario },
    Target { name: "agreements", seed: include_str!("../../../golden/inputs/grace.toml"), read: agreements },
    Target { name: "budget", seed: include_str!("../../../golden/inputs/budget.csv"), read: budget },
    Target { name: "bill", seed: include_str!("../../../golden/inputs/bill.csv"), read: bill },
    Target { name: "log", seed: include_str!("../../../golden/inputs/log.csv"), read: log },
    Target {
        name: "times",
        seed: "2012-03-04T10:00 2012-T1 2012-03 2012 2012-07..2013-06 12:59",
        read: times,
    },
    Target {
        name: "key",
        seed: "PRIVATE+KEY+a+1c2f3d4e+AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH",
        read: key,
    },
    Target {
        name: "checkpoint",
        seed: "samspill-checkpoint 1\nstep 42\nrecorded 2013-02-11T00:00\nhash 1c2f\n\n\u{2014} a AQcHBwcHBwcH\n",
        read: checkpoint,
    },
    Target { name: "bundle", seed: include_str!("bundle.json"), read: bundle },
    Target {
        name: "inhabitants",
        seed: "\"region\";\"kjønn\";\"alder\";\"Personer 2012\"\n\"1201 Bergen\";\"Menn\";\"0 år\";31\n\"0301 Oslo\";\"Kvinner\";\"105+\";..\n",
        read: inhabitants,
    },
    Target {
        name: "json-stat",
        seed: r#"{"id":["Region","Alder","Tid"],"size":[2,1,1],"dimension":{"Region":{"category":{"index":["1201","0301"],"label":{"1201":"Bergen"}}},"Alder":{"category":{"index":{"000":0},"label":{"000":"0 år"}}},"Tid":{"category":{"label":{"2012":"2012"}}}},"value":[1,2]}"#,
        read: json_stat,
    },
    Target {
        name: "costs",
        seed: "function;name;kind;kroner;ages\n254;Hjemmesykepleie;behandling;1000;80+\n233;Frisklivssentral;prevention;-3,50;0-5\n",
        read: costs,
    },
    Target {
        name: "background",
        seed: include_str!("../../../golden/inputs/background.csv"),
        read: background,
    },
    Target { name: "amounts", seed: "1 234,50 kr 4.000,00 -20 kr. 7 -", read: amounts },
];

/// The canary: a reader that panics on `#`, which damage soon puts into a text. The test requires the panic.
const CANARY: Target =
    Target { name: "canary", seed: "all is well", read: |text, _| assert!(!text.contains('#'), "canary") };

fn file(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("input.txt");
    std::fs::write(&path, text).unwrap();
    path
}

fn host(folder: &Path) -> Host<'_> {
    Host {
        progress: &Silent,
        scratch: folder,
        state: None,
        threads: 1,
        language: Language::Nb,
        is_plain: false,
    }
}

fn contacts(text: &str, folder: &Path) {
    let (file, host) = (file(folder, text), host(folder));
    let mapping = intake::mapping(None, &file, &host).unwrap();
    let _ = intake::check(&file, &mapping, None, None, None, &host);
}

fn inhabitants(text: &str, folder: &Path) {
    let file = file(folder, text);
    let _ = jobs::people::people(Some(&file), Period::parse("2012").unwrap());
    let _ = jobs::people::projected(&file);
}

fn json_stat(text: &str, folder: &Path) {
    let file = folder.join("input.json");
    std::fs::write(&file, text).unwrap();
    let _ = jobs::people::people(Some(&file), Period::parse("2012").unwrap());
    let _ = jobs::people::projected(&file);
}

fn costs(text: &str, folder: &Path) {
    let file = file(folder, text);
    let _ = jobs::what_if::own_costs::costs(&file, &[1; 101]);
    let _ = jobs::what_if::own_costs::incomes(&file, Period::parse("2012").unwrap(), "1201", 5);
}

fn background(text: &str, folder: &Path) {
    let file = file(folder, text);
    let _ = jobs::by_municipality::Backgrounds::read(&file, Period::parse("2012").unwrap());
}

/// A bundle without its rule files, which have a target of their own.
fn bundle(text: &str, _: &Path) {
    if let Ok(bundle) = serde_json::from_str(text) {
        let _ = check_statement::of_bundle(&bundle, &BTreeMap::new());
    }
}

fn mapping(text: &str, _: &Path) {
    let _ = register::mapping::Mapping::parse(text);
}

fn rule(text: &str, _: &Path) {
    let isf = rulebook::built_in::LAW[0];
    let files = [("law/co-financing.toml", text), isf];
    if let Ok(book) = rulebook::LawBook::new(files) {
        let _ = book.share_rule("co-financing");
    }
}

fn variant(text: &str, _: &Path) {
    if let Ok(book) =
        rulebook::LawBook::built_in().unwrap().with_variants([("co-financing-fee-funded.toml", text)])
    {
        let _ = rulebook::Law::of(&book);
    }
}

fn measure(text: &str, _: &Path) {
    let _ = rulebook::measure::Measure::parse("measure.toml", text);
}

fn scheme(text: &str, _: &Path) {
    let _ = rulebook::scheme::Scheme::parse("scheme.toml", text);
}

fn cases(text: &str, _: &Path) {
    let _ = rulebook::cases::run(&rulebook::LawBook::built_in().unwrap(), "co-financing", "page", text);
}

fn scenario(text: &str, _: &Path) {
    let _ = simulation::scenario::Scenario::parse("hva-om.toml", text, &|_| None);
}

fn agreements(text: &str, folder: &Path) {
    let _ = Files::read(None, &[]).unwrap().with_agreements(Some(&file(folder, text)));
}

fn budget(text: &str, folder: &Path) {
    let place = folder.join("ledger.sqlite").display().to_string();
    let (year, now) = (Period::parse("2012").unwrap(), Minute::parse("2012-01-02").unwrap());
    let opened = settlement::opened(Some(Mode::Central), year, Balancing::Month, PayRounding::Ore).unwrap();
    settlement::open(&place, year, &opened, now).unwrap();
    let path = file(folder, text);
    let mut books = Books::open(&place).unwrap();
    let _ = settlement::on_account(&mut books, year, &OnAccountFrom::Budget(&path), false, now);
}

fn compared(bill: &Path, log: &Path) {
    let files = Files::read(None, &[]).unwrap();
    let _ = compare::run(&compare::Order {
        received: bill,
        columns: &[],
        own: None,
        log: Some(log),
        instrument: Instrument::DischargeReady,
        period: None,
        institution: None,
        party: None,
        files: &files,
    });
}

fn bill(text: &str, folder: &Path) {
    let log = folder.join("log.csv");
    std::fs::write(&log, include_str!("../../../golden/inputs/log.csv")).unwrap();
    compared(&file(folder, text), &log);
}

fn log(text: &str, folder: &Path) {
    let bill = folder.join("bill.csv");
    std::fs::write(&bill, include_str!("../../../golden/inputs/bill.csv")).unwrap();
    compared(&bill, &file(folder, text));
}

fn times(text: &str, _: &Path) {
    for word in text.split(' ') {
        let _ = (domain::Day::parse(word), Minute::parse(word), domain::Month::parse(word));
        let _ = (Period::parse(word), Period::parse_any(word));
    }
}

fn key(text: &str, _: &Path) {
    let _ = ledger::checkpoint::PrivateKey::parse(text);
    let _ = ledger::checkpoint::PublicKey::parse(text.trim_start_matches("PRIVATE+KEY+"));
}

fn checkpoint(text: &str, _: &Path) {
    let key = ledger::checkpoint::PrivateKey::new("a", &[7; 32]).unwrap().public();
    let _ = ledger::checkpoint::Checkpoint::proven(text, &key);
}

fn amounts(text: &str, _: &Path) {
    let _ = domain::Amount::read(text);
    for word in text.split(' ') {
        let _ = (domain::Amount::read(word), rulebook::measure::percent(word));
    }
}

/// A small stream of numbers from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % sides.max(1)
    }
}

/// Text inserted where something is damaged: punctuation of tables and TOML, extreme numbers and dates, and characters
/// beyond ASCII.
const SPLINTERS: &[&str] = &[
    "#",
    "\"",
    "'",
    "|",
    ";",
    ",",
    "=",
    "[",
    "]",
    "\n",
    "\r\n",
    "\t",
    "\u{feff}",
    "\0",
    "\u{a0}",
    "\u{2212}",
    "ø",
    "€",
    "-",
    "9999999999999999999",
    "-1",
    "0",
    "1e308",
    "NaN",
    "2012-02-30",
    "0000-00-00",
    "9999-12-31",
    "T24:00",
    "..",
    "\\",
];

/// A text that is damaged in one to four places.
fn damaged(seed: &str, dice: &mut Dice) -> String {
    let mut text: Vec<char> = seed.chars().collect();
    for _ in 0..=dice.roll(4) {
        let at = dice.roll(text.len() + 1);
        let end = (at + 1 + dice.roll(12)).min(text.len());
        match dice.roll(5) {
            0 => drop(text.splice(at.min(end)..end, [])),
            1 => drop(text.splice(at..at, SPLINTERS[dice.roll(SPLINTERS.len())].chars())),
            2 => {
                let piece: Vec<char> = text[at.min(end)..end].to_vec();
                let place = dice.roll(text.len() + 1);
                text.splice(place..place, piece);
            }
            3 => text.truncate(at),
            _ => drop(text.splice(at.min(end)..end, SPLINTERS[dice.roll(SPLINTERS.len())].chars())),
        }
    }
    text.into_iter().collect()
}

/// The first text on which a target panics.
fn first_panic(target: &Target, texts: usize) -> Option<String> {
    let folder = std::env::temp_dir().join(format!("samspill-fuzz-{}-{}", target.name, std::process::id()));
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ target.name.len() as u64);
    let panics = |text: &str| {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        catch_unwind(AssertUnwindSafe(|| (target.read)(text, &folder))).is_err()
    };
    let mut texts =
        std::iter::once(target.seed.to_owned()).chain((0..texts).map(|_| damaged(target.seed, &mut dice)));
    let found = texts.find(|text| panics(text));
    let _ = std::fs::remove_dir_all(&folder);
    found
}

#[test]
fn no_text_breaks_a_parser_and_the_canary_falls() {
    #[expect(clippy::disallowed_methods, reason = "how long to try is set by whoever runs the test")]
    let texts = std::env::var("SAMSPILL_FUZZ").ok().and_then(|text| text.parse().ok()).unwrap_or(150);
    let canary = first_panic(&CANARY, 2_000);
    assert!(
        canary.is_some_and(|text| text.contains('#')),
        "the fuzzer found nothing where there is something"
    );
    for target in TARGETS {
        if let Some(text) = first_panic(target, texts) {
            unreachable!("{} panics on: {text:?}", target.name);
        }
    }
}
