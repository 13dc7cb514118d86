//! Instruments stand alone: in 2023, for which no price per DRG point was found, discharge-ready patients are settled all
//! the same, and every command tells that ISF could not be priced.

use crate::settlement::{done, places, tried};
use crate::{folder, path, ran, samspill, text};

const UNPRICED: &str = "ISF kan ikke prises og er ikke med: law/activity-based-funding.toml: ingen verdi for enhetspris gjelder på 2023-01-01. Beløpet er ukjent, ikke null";

/// Stays of 2023: in each month one of Oslo and one of Narvik that waits from the second day to the fourth.
fn extract() -> String {
    let mut out =
        "contact_id,stay_id,person_id,unit,unit_kind,trust,sector,care_level,urgency,admitted,discharged,\
                   municipality_of_registration,municipality_of_stay,age,sex,drg,drg_type,points,events\n"
            .to_owned();
    for id in 1..=24 {
        let (month, home) = ((id + 1) / 2, if id % 2 == 0 { "1806" } else { "0301" });
        let at = |day: i32, hour: i32| format!("2023-{month:02}-{day:02}T{hour:02}:00");
        let events = match id % 2 {
            0 => format!("1@{} 2@{} 3@{} 6@{}", at(4, 12), at(5, 9), at(5, 10), at(5, 11)),
            _ => String::new(),
        };
        out += &format!(
            "{id},{id},{id},U1,public-hospital,983974724,somatic,overnight,acute,{},{},{home},{home},70,woman,127,medical,1.5,{events}\n",
            at(4, 10),
            at(8, 12)
        );
    }
    out
}

/// Three days of 5 508 kroner in each month: the day of the notice and the two nights after it.
const OF_A_MONTH: &str = "16\u{a0}524,00";

#[test]
fn a_year_without_a_price_of_isf_settles_the_days() {
    let work = folder("alone");
    let file = work.join("extract.csv");
    std::fs::write(&file, extract()).unwrap();
    let settle = |out: &str, more: &[&str]| {
        let out = work.join(out);
        let all = ["settle", "2023", "--contacts", path(&file), "--draft", "--out", path(&out)];
        let (code, told) = ran(&[&all[..], more].concat());
        (code, told, std::fs::read_to_string(out.join("totals.csv")).unwrap_or_default())
    };
    let (code, told, totals) = settle("all", &[]);
    assert!(code == Some(0) && told.contains(UNPRICED), "{told}");
    assert!(told.contains("KMF ikke i kraft, USK 198\u{a0}288,00\u{a0}kr, ISF ukjent"), "{told}");
    assert_eq!(totals.lines().filter(|line| line.contains(",USK,")).count(), 12, "{totals}");
    assert!(totals.contains(",USK,1,0,1652400") && !totals.contains("ISF"), "{totals}");
    let manifest = std::fs::read_to_string(work.join("all/manifest.toml")).unwrap();
    assert!(manifest.contains("[[unpriced]]\ninstrument = \"ISF\"") && !manifest.contains("[sums.ISF]"));
    assert!(!manifest.contains("activity-based-funding@"), "{manifest}");
    let explained = text(&samspill(&["explain", "2", "--in", path(&work.join("all"))]).stdout);
    assert!(explained.contains("Kan ikke prises: beløpet er ukjent, ikke null"), "{explained}");
    assert!(explained.contains("Krav: 16\u{a0}524,00"), "{explained}");

    // Alone, it says nothing of ISF; ISF alone cannot be settled.
    let (code, told, alone) = settle("alone", &["--only", "usk,kmf"]);
    assert!(code == Some(0) && !told.contains("ISF") && alone == totals, "{told}");
    let (code, told, none) = settle("none", &["--only", "ISF"]);
    assert!(code == Some(2) && none.is_empty(), "{told}");
    assert!(told.contains("ingen verdi for enhetspris gjelder på 2023-01-01"), "{told}");
    assert!(told.contains("legg til raden som mangler"), "{told}");
    let (code, told, _) = settle("other", &["--only", "USL"]);
    assert!(code == Some(2) && told.contains("KMF, USK, ISF"), "{told}");
}

/// In 2012 ISF is what is left when the municipality has paid: it rests on co-financing though nobody asks for it.
#[test]
fn what_is_left_out_is_subtracted_all_the_same() {
    let work = folder("alone-2012");
    let file = work.join("extract.csv");
    std::fs::write(&file, extract().replace("2023-", "2012-").replace("1806", "1805")).unwrap();
    let settle = |out: &str, more: &[&str]| {
        let out = work.join(out);
        let all = ["settle", "2012", "--contacts", path(&file), "--draft", "--out", path(&out)];
        let (code, told) = ran(&[&all[..], more].concat());
        assert_eq!(code, Some(0), "{told}");
        std::fs::read_to_string(out.join("totals.csv")).unwrap()
    };
    let all = settle("all", &[]);
    let of = |word: &str| {
        let rows: Vec<&str> = all.lines().filter(|line| line.contains(&format!(",{word},"))).collect();
        assert!(!rows.is_empty());
        rows.join("\n")
    };
    for word in ["KMF", "USK", "ISF"] {
        let alone = settle(word, &["--only", word]);
        let rows: Vec<&str> = alone.lines().skip(1).collect();
        assert_eq!(rows.join("\n"), of(word), "{word}");
    }
    let manifest = std::fs::read_to_string(work.join("ISF/manifest.toml")).unwrap();
    assert!(manifest.contains("not_asked = [\"KMF\", \"USK\"]"), "{manifest}");
    assert!(manifest.contains("\"co-financing@") && !manifest.contains("day-rate@"), "{manifest}");
}

/// The ledger posts the days of a month, says on each statement that ISF is unknown, and posts it when the price is found.
#[test]
fn the_ledger_takes_up_the_price_when_it_is_found() {
    for (store, ledger) in places("alone").into_iter().enumerate() {
        let work = folder(&format!("alone-ledger-{store}"));
        let file = path(&work.join("extract.csv")).to_owned();
        std::fs::write(&file, extract()).unwrap();
        done(&ledger, "2023-01-02", &["settlement", "open", "2023"]);
        let run = |month: &'static str, more: &[&'static str]| -> Vec<&str> {
            [&["settlement", "run", month, "--contacts", &file, "--draft"][..], more].concat()
        };
        let told = done(&ledger, "2023-02-20", &run("2023-01", &[]));
        assert!(told.contains(UNPRICED) && told.contains(OF_A_MONTH), "{told}");
        let told = done(&ledger, "2023-03-20", &run("2023-02", &["--only", "USK"]));
        assert!(!told.contains("ISF") && told.contains(OF_A_MONTH), "{told}");
        done(&ledger, "2023-03-21", &["settlement", "close", "2023-01"]);
        let out = path(&work.join("statements")).to_owned();
        done(&ledger, "2023-03-22", &["statement", "2023-01", "--as", "json,csv", "--out", &out]);
        let statement = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path());
        let statements: Vec<_> = statement.collect();
        assert!(statements.len() >= 4, "{statements:?}");
        for one in statements {
            let text = std::fs::read_to_string(&one).unwrap();
            let is_json = one.extension().is_some_and(|ending| ending == "json");
            let wanted = if is_json { "\"not_settled\"" } else { "ISF er ikke med i oppgjøret" };
            assert!(text.contains(wanted) || !is_told(&one), "{}", one.display());
        }
        let law = work.join("law");
        crate::numbers::copied("law", &law);
        let rules = law.join("activity-based-funding.toml");
        let text = std::fs::read_to_string(&rules).unwrap();
        let row = "[[unit_price]]\nfrom = 2023-01-01\nto = 2023-12-31\nkroner_per_point = 50_000\nconfidence = \"M\"\nsource = \"remembered\"\n\n[sources.hdir]";
        std::fs::write(&rules, text.replacen("[sources.hdir]", row, 1)).unwrap();
        let changed = ["settlement", "rules", "--law", path(&law), "--reference", "Vedtak 1"];
        done(&ledger, "2023-04-01", &changed);
        // Two stays of 1.5 points at 40 per cent of 50 000 kroner.
        let correct =
            ["settlement", "correct", "2023-01", "--into", "2023-02", "--contacts", &file, "--draft"];
        let told = done(&ledger, "2023-04-02", &correct);
        assert!(told.contains("2023-01: endret regel eller sats 60\u{a0}000,00"), "{told}");
        let told = done(&ledger, "2023-04-03", &run("2023-02", &[]));
        assert!(told.contains("endret regel eller sats 60\u{a0}000,00"), "{told}");
        // What is posted of an instrument does not go because nobody asks for it.
        let (code, told) = tried(&ledger, "2023-04-04", &run("2023-02", &["--only", "USK"]));
        assert!(
            code == Some(2) && told.contains("2023-02 er allerede gjort opp for ISF, som ikke er med nå"),
            "{told}"
        );
        assert!(told.contains("ta med ISF i --only"), "{told}");
        let told = text_of(&ledger);
        assert!(told.contains("0; kjeden ender i"), "{told}");
    }
}

/// Whether a file of a statement holds sentences: the table of lines alone does not.
fn is_told(file: &std::path::Path) -> bool {
    file.extension().is_some_and(|ending| ending == "json" || ending == "txt")
}

fn text_of(ledger: &str) -> String {
    text(&samspill(&["ledger", "verify", "--ledger", ledger]).stdout).to_owned()
}

/// What-if and analyses tell it first, and show what is unknown as unknown.
#[test]
fn what_if_and_indicators_say_what_is_unknown() {
    let work = folder("alone-what-if");
    let file = work.join("extract.csv");
    std::fs::write(&file, extract()).unwrap();
    let age = |home: &str, age: i32| format!("{home};{age};man;500\n{home};{age};woman;500\n");
    let ages = |home: &str| (0..=100).map(|of| age(home, of)).collect::<String>();
    let people = work.join("people.csv");
    std::fs::write(&people, format!("municipality;age;sex;people\n{}{}", ages("0301"), ages("1806")))
        .unwrap();
    let with = |start: &[&str], out: &std::path::Path| {
        let common =
            ["--contacts", path(&file), "--period", "2023", "--people", path(&people), "--out", path(out)];
        ran(&[start, &common].concat())
    };
    let scenario = work.join("rate.toml");
    let of_rate = "id = \"rate\"\ntitle = \"Dagsats 3 000\"\n[set]\nday_rate = 3000\n";
    std::fs::write(&scenario, of_rate).unwrap();
    let (code, told) = with(&["simulate", path(&scenario)], &work.join("simulate"));
    assert_eq!(code, Some(0), "{told}");
    let first = told.lines().skip_while(|line| !line.contains("Dagsats 3 000")).nth(1);
    assert_eq!(first.and_then(|line| line.strip_suffix('.')), Some(UNPRICED), "{told}");
    let parties = std::fs::read_to_string(work.join("simulate/rate/parter.csv")).unwrap();
    let state = parties.lines().find(|line| line.starts_with("state")).unwrap();
    assert_eq!(state, "state,state,,,..,0,0,,0");
    // Twelve stays of three days at 5 508 and not at 3 000 kroner.
    assert!(parties.contains("-9028800") || parties.contains("9028800"), "{parties}");
    let (code, told) = with(&["risk", "picture"], &work.join("risk"));
    assert!(code == Some(0) && !told.contains("ISF kan ikke prises"), "{told}");
    let (code, told) = with(
        &["indicators", "run", "admissions", "discharge-ready-payment", "activity-based-funding"],
        &work.join("indicators"),
    );
    assert!(code == Some(0) && told.contains(UNPRICED), "{told}");
    assert!(told.contains("enhetspris for ISF fra 2023-01-01"), "{told}");
    let read = std::fs::read_to_string(work.join("indicators/les-meg.txt")).unwrap();
    assert!(read.contains(&format!("Ukjent: {UNPRICED}")), "{read}");
    // A variant of other years changes nothing, so it is refused.
    let (code, told) = with(&["simulate", "discharge-ready-3000"], &work.join("other"));
    assert!(
        code == Some(2) && told.contains("gjelder fra 2010-01-01 til 2014-12-31 og endrer ingenting i 2023"),
        "{told}"
    );
}
