//! A register of 2024: what it has is near what is published, and mental health is in what municipalities pay for.

use crate::indicators::rows;
use crate::{COLUMNS, folder, for_people, path, text};

fn number(cell: &str) -> f64 {
    cell.replace(',', ".").parse().unwrap()
}

/// A tenth of the country. Published: 154 000 stays reported ready and 71 800 days (2022); half of the days in 17
/// municipalities; three in four discharges are of the trusts that SSB has 691 982 of, and all of them are 740 000.
#[test]
fn a_register_of_2024_is_like_the_published_figures() {
    let work = folder("today");
    let (register, out, settled) = (work.join("register"), work.join("out"), work.join("settled"));
    let run = |words: &[&str]| {
        let run = for_people(words);
        assert!(run.status.success(), "{}", text(&run.stderr));
        format!("{}{}", text(&run.stdout), text(&run.stderr)).replace('\u{a0}', " ")
    };
    run(&["synth", "--year", "2024", "--people", "555020", "--out", path(&register)]);
    let contacts = register.join("contacts.parquet");
    let wanted = ["admissions", "discharge-ready", "discharge-ready-days", "telephone-and-video"];
    let more = ["--period", "2024", "--without-kroner", "--contacts", path(&contacts), "--out", path(&out)];
    run(&[&["indicators", "run"][..], &wanted, &more].concat());
    let country = rows(&out.join("landet.csv"));
    let of = |id: &str| country.iter().find(|row| row[0] == id).unwrap();
    for (id, published, off) in [
        ("admissions", 74_000.0, 0.02),
        ("discharge-ready", 15_400.0, 0.03),
        ("discharge-ready-days", 7_180.0, 0.12),
    ] {
        let found = number(&of(id)[4]);
        assert!((found / published - 1.0).abs() < off, "{id}: {found}");
    }
    assert!((number(&of("telephone-and-video")[7]) - 16.0).abs() < 0.3);
    assert_eq!(rows(&out.join("kommuner.csv")).iter().filter(|row| row[0] == "admissions").count(), 357);
    let said = run(&["settle", "2024", "--draft", "--contacts", path(&contacts), "--out", path(&settled)]);
    assert!(said.contains("KMF ikke i kraft"), "{said}");
    // Units of mental health and of substance use are paid too, and half of the kroner are of few municipalities.
    let totals = rows(&settled.join("totals.csv"));
    let ready = || totals.iter().filter(|row| row[5] == "USK");
    let sum = |letter: &str| -> f64 {
        ready().filter(|row| row[3].starts_with(letter)).map(|row| number(&row[8])).sum()
    };
    assert!(sum("SYN-V") > 0.0 && sum("SYN-T") > 0.0 && sum("SYN-S") > 10.0 * sum("SYN-V"));
    let mut of_home = std::collections::BTreeMap::<&str, f64>::new();
    ready().for_each(|row| *of_home.entry(&row[2]).or_default() += number(&row[8]));
    let mut sums: Vec<f64> = of_home.into_values().collect();
    sums.sort_by(|one, other| other.total_cmp(one));
    let half = sums.iter().sum::<f64>() / 2.0;
    let few = sums
        .iter()
        .scan(0.0, |sum, one| {
            *sum += one;
            Some(*sum)
        })
        .position(|sum| sum >= half)
        .unwrap();
    assert!((12..=24).contains(&few), "{few}");
}

/// A stay of each year and code. Three days of 2024 cost 17 235 kr more or less, by the year's own price.
fn stays(of: &[(i16, &str)]) -> String {
    let mut out = format!("{COLUMNS}\n");
    for (id, (year, code)) in of.iter().enumerate() {
        out += &format!(
            "{id},{id},{id},U,public-hospital,983974724,somatic,overnight,acute,{year}-03-01T10:00,{year}-03-07T10:00,{code},80,woman,089,medical,1,6,J18,\
             1@{year}-03-01T12:00 2@{year}-03-04T09:00 3@{year}-03-04T10:00\n"
        );
    }
    out
}

/// Municipalities that were merged, split or renumbered pay for the days of their time, and a code of another time is refused
/// with what it became. A municipality that was renumbered in one piece, or went whole into another, is known by its old code.
#[test]
fn hard_municipalities_pay_in_their_own_time() {
    let work = folder("today-hard");
    // The code of each stay, and who pays; `None` for a code that is refused.
    let all: &[(i16, &str, Option<&str>)] = &[
        (2016, "0720", Some("0720")),
        (2017, "0720", None),
        (2017, "0710", Some("0710")),
        (2017, "5001", None),
        (2017, "1601", Some("1601")),
        (2018, "5001", Some("5001")),
        (2019, "5012", Some("5012")),
        (2020, "5012", None),
        (2020, "5056", Some("5056")),
        (2019, "1850", Some("1850")),
        (2020, "1850", None),
        (2020, "1806", Some("1806")),
        (2020, "1875", Some("1875")),
        (2019, "1103", Some("1103")),
        (2019, "1141", Some("1141")),
        (2020, "1103", Some("1103")),
        (2019, "1504", Some("1504")),
        (2019, "1507", None),
        (2023, "1507", Some("1507")),
        (2024, "1507", None),
        (2024, "1508", Some("1508")),
        (2024, "1580", Some("1580")),
        (2023, "3001", Some("3001")),
        (2024, "3101", Some("3101")),
    ];
    let contacts = work.join("contacts.csv");
    let given: Vec<(i16, &str)> = all.iter().map(|(year, code, _)| (*year, *code)).collect();
    std::fs::write(&contacts, stays(&given)).unwrap();
    for year in [2016, 2017, 2018, 2019, 2020, 2023, 2024] {
        let out = work.join(format!("out-{year}"));
        let year_text = year.to_string();
        let words = ["settle", &year_text, "--only", "USK", "--draft", "--contacts", path(&contacts)];
        let run = for_people(&[&words[..], &["--out", path(&out)]].concat());
        assert!(run.status.code().is_some_and(|code| [0, 3].contains(&code)), "{}", text(&run.stderr));
        let mut paying: Vec<String> =
            rows(&out.join("totals.csv")).into_iter().map(|row| row[0].clone()).collect();
        let mut wanted: Vec<&str> =
            all.iter().filter(|(of, ..)| *of == year).filter_map(|(.., payer)| *payer).collect();
        paying.sort();
        wanted.sort_unstable();
        assert_eq!(paying, wanted, "{year}");
        // Every refused row, of whatever year, says what the code became or that it was not there.
        let refused = std::fs::read_to_string(out.join("refused.csv")).unwrap();
        let count = all.iter().filter(|(.., payer)| payer.is_none()).count();
        assert_eq!(refused.lines().count(), 1 + count, "{refused}");
        for told in [
            "0720 opphørte 2016-12-31 og ble 0704, 0710",
            "5012 opphørte 2019-12-31 og ble 5055, 5056, 5059",
            "1850 opphørte 2019-12-31 og ble 1806, 1875",
            "1507 opphørte 2023-12-31 og ble 1508, 1580",
        ] {
            assert!(refused.contains(told), "{told}: {refused}");
        }
    }
}

/// Over the years in which three municipalities became one, they are one from the beginning: events and inhabitants of all.
#[test]
fn a_series_follows_a_municipality_that_was_three() {
    let work = folder("today-series");
    let (contacts, out) = (work.join("contacts.csv"), work.join("out"));
    let mut given = Vec::new();
    for year in 2012..=2024 {
        let homes: &[(&str, usize)] =
            if year < 2020 { &[("1103", 30), ("1141", 20), ("1142", 10)] } else { &[("1103", 60)] };
        given.extend(homes.iter().flat_map(|(code, count)| std::iter::repeat_n((year, *code), *count)));
        given.extend(std::iter::repeat_n((year, "0301"), 40));
    }
    std::fs::write(&contacts, stays(&given)).unwrap();
    let run = |period: &str| {
        let words = ["indicators", "run", "admissions", "--without-kroner", "--period", period];
        let more = ["--contacts", path(&contacts), "--profile", "Stavanger", "--out", path(&out)];
        let run = for_people(&[&words[..], &more].concat());
        assert!(run.status.success(), "{}", text(&run.stderr));
        let found = rows(&out.join("kommuner.csv")).into_iter().filter(|row| row[0] == "admissions");
        found
            .map(|row| (row[2].clone(), (row[4].clone(), row[5].clone())))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    let all = run("2018-2021");
    assert_eq!(all["1103"].0, "240");
    assert!(!all.contains_key("1141"));
    let trend = rows(&out.join("utvikling.csv")).into_iter().find(|row| row[2] == "1103").unwrap();
    assert_eq!(trend[13], "ikke til å skille fra tilfeldighet", "{trend:?}");
    // As long as the reform is old, and on the profile's page year by year.
    let (long, profile) = (run("2012-2024"), out.join("profil-1103.pdf"));
    assert_eq!((&long["1103"].0[..], long.contains_key("1141")), ("780", false));
    let page =
        std::process::Command::new("pdftotext").args(["-layout", path(&profile), "-"]).output().unwrap();
    let page = text(&page.stdout);
    assert!(page.contains("Utvikling 2012–2024") && page.contains("Stavanger kommune"), "{page}");
    // Co-financing of 2014 and of no year after it is no trend.
    let words = ["indicators", "run", "co-financing", "--period", "2013-2016", "--contacts", path(&contacts)];
    let told = for_people(&[&words[..], &["--out", path(&out)]].concat());
    assert!(
        text(&told.stdout).contains("hjemmel i hele perioden (KMF ikke i kraft"),
        "{}",
        text(&told.stdout)
    );
    let (before, after) = (run("2018"), run("2021"));
    let sexes = rows(&out.join("folketall.csv")).into_iter().find(|row| row[0] == "1103").unwrap();
    assert_eq!((&sexes[5][..], &sexes[6][..]), ("nei", "kjent for året"));
    let of = |found: &std::collections::BTreeMap<String, (String, String)>, codes: &[&str]| -> f64 {
        codes.iter().map(|code| number(&found[*code].1)).sum()
    };
    let each = [of(&before, &["1103", "1141", "1142"]), of(&after, &["1103"])];
    let mean = number(&all["1103"].1) / 4.0;
    assert!(each[0] < mean && mean < each[1], "{each:?} {mean}");
    assert!((f64::midpoint(each[0], each[1]) / mean - 1.0).abs() < 0.01, "{each:?} {mean}");
}

/// A municipality that kept its code through a merger is itself in every job of the years after: in the risk, in the ledger by
/// its code, in what a bill is compared with.
#[test]
fn a_code_that_outlived_a_merger_is_one_municipality() {
    let work = folder("today-code");
    let (contacts, out) = (work.join("contacts.csv"), work.join("out"));
    let given: Vec<(i16, &str)> = [("1103", 30), ("5001", 20), ("0301", 10)]
        .into_iter()
        .flat_map(|(code, count)| std::iter::repeat_n((2024, code), count))
        .collect();
    std::fs::write(&contacts, stays(&given)).unwrap();
    let run = |words: &[&str]| {
        let run = for_people(words);
        assert!(run.status.success(), "{}", text(&run.stderr));
        text(&run.stdout)
    };
    let data = ["--period", "2024", "--contacts", path(&contacts), "--out", path(&out)];
    run(&[&["risk", "picture", "--variant", "co-financing-again"][..], &data].concat());
    let risk = rows(&out.join("risiko.csv"));
    let persons = |code: &str| risk.iter().find(|row| row[0] == code).unwrap()[3].clone();
    assert_eq!(["1103", "5001", "0301"].map(persons), ["30", "20", "10"]);
    let place = work.join("ledger.sqlite");
    let ledger = ["--ledger", path(&place), "--now", "2024-05-01"];
    run(&[&["settlement", "open", "2024-03"][..], &ledger].concat());
    let step = ["settlement", "run", "2024-03", "--draft", "--contacts", path(&contacts)];
    run(&[&step[..], &ledger].concat());
    for (word, kroner) in [("1103", "517 050,00"), ("Stavanger", "517 050,00"), ("5001", "344 700,00")] {
        let order = ["statement", "2024-03", "--party", word, "--ledger", path(&place), "--out", path(&out)];
        let made = for_people(&order);
        let said = text(&made.stderr).replace('\u{a0}', " ");
        assert!(made.status.success() && said.contains(&format!("å betale {kroner} kr")), "{word}: {said}");
    }
    // Its language and its address are known by the code too.
    let (languages, addresses) = (work.join("languages.csv"), work.join("addresses.csv"));
    std::fs::write(&languages, "code;language\n1103;nn\n").unwrap();
    std::fs::write(&addresses, "party;organisation;account;reference;contact\n1103;;;Ref 4005;\n").unwrap();
    let order = ["statement", "2024-03", "--party", "1103", "--ledger", path(&place), "--as", "pdf,json"];
    let given = ["--languages", path(&languages), "--addresses", path(&addresses), "--out", path(&out)];
    run(&[&order[..], &given].concat());
    let json = std::fs::read_to_string(out.join("oppgjor-2024-03-1103@2020-kladd.json")).unwrap();
    assert!(json.contains("Ref 4005"), "{json}");
    let pdf = out.join("oppgjor-2024-03-1103@2020-kladd.pdf");
    let page = std::process::Command::new("pdftotext").args(["-layout", path(&pdf), "-"]).output().unwrap();
    let page = text(&page.stdout);
    assert!(page.contains("Oppgjer mars 2024"), "{page}");
    // A bill of one case, three days, beside the year's own settlement.
    let (bill, own) = (work.join("bill.csv"), work.join("own"));
    std::fs::write(&bill, "reference;days;kroner\n3;3;17235\n").unwrap();
    run(&["settle", "2024-03", "--draft", "--contacts", path(&contacts), "--out", path(&own)]);
    let order = ["compare", "--received", path(&bill), "--own", path(&own), "--period", "2024-03", "--party"];
    let compared = for_people(&[&order[..], &["1103", "--out", path(&out)]].concat());
    let said = text(&compared.stderr).replace('\u{a0}', " ");
    assert!(said.contains("egen beregning 517 050,00 kr"), "{said}{}", text(&compared.stdout));
}

/// A stay of each key, code, and month in which it ended, with three days that are paid for.
fn waits(of: &[(u64, &str, &str)]) -> String {
    of.iter().fold(format!("{COLUMNS}\n"), |text, (id, code, month)| {
        text + &format!(
            "{id},{id},{id},U,public-hospital,983974724,somatic,overnight,acute,{month}-03T10:00,{month}-09T10:00,{code},80,woman,089,medical,1,6,J18,\
             1@{month}-03T12:00 2@{month}-06T09:00 3@{month}-06T10:00\n"
        )
    })
}

/// Mergers and splits of 2017, 2020 and 2024 in a ledger: a late case of a municipality that is gone is claimed from the one that
/// took it over, on its statement, which names the statement that it corrects. Where a municipality was split, nothing is
/// closed before somebody has decided who answers for it.
#[test]
fn a_ledger_follows_mergers_and_splits() {
    let work = folder("today-ledger");
    let day = 3 * 100;
    for (last, first, gone, heirs, rate) in [
        ("2019-12", "2020-01", "1141", &["1103@2020"][..], 4_885),
        ("2019-12", "2020-01", "1103", &["1103@2020"], 4_885),
        ("2019-12", "2020-01", "5012", &["5055", "5056", "5059"], 4_885),
        ("2019-12", "2020-01", "1850", &["1806", "1875"], 4_885),
        ("2016-12", "2017-01", "0720", &["0704@2017", "0710"], 4_505),
        ("2017-12", "2018-01", "1601", &["5001"], 4_622),
        ("2023-12", "2024-01", "1507", &["1508", "1580"], 5_508),
        ("2023-12", "2024-01", "3001", &["3101"], 5_508),
    ] {
        let place = |name: &str| path(&work.join(format!("{gone}-{name}"))).to_owned();
        let (ledger, early, all) = (place("ledger.sqlite"), place("early.csv"), place("all.csv"));
        // Another municipality, so that both months have something that is their own.
        let ever = if first < "2020" { "1201" } else { "4601" };
        let before = if last < "2020" { "1201" } else { "4601" };
        let known = [(1, gone, last), (2, before, last)];
        let now = [(3, gone, last), (4, ever, first)];
        std::fs::write(&early, waits(&known)).unwrap();
        std::fs::write(&all, waits(&[known, now].concat())).unwrap();
        let done = |at: &str, words: &[&str]| crate::settlement::done(&ledger, at, words);
        let at = format!("{first}-20");
        done(&at, &["settlement", "open", last]);
        done(&at, &["settlement", "open", first]);
        let run = |month, file| {
            done(&at, &["settlement", "run", month, "--only", "USK", "--draft", "--contacts", file]);
        };
        run(last, &early);
        done(&at, &["settlement", "close", last]);
        let correct = ["settlement", "correct", last, "--into", first, "--only", "USK", "--draft"];
        let said = done(&at, &[&correct[..], &["--contacts", &all]].concat());
        assert!(said.contains("ny aktivitet"), "{gone}: {said}");
        run(first, &all);
        let after = format!("{}-02-20", &first[..4]);
        if heirs.len() > 1 {
            let close = ["settlement", "close", first];
            let (code, said) = crate::settlement::tried(&ledger, &after, &close);
            assert!(code == Some(2) && said.contains(&format!("hvem som svarer for {gone}")), "{said}");
            let from = format!("{first}-01");
            let heir = heirs[0].split('@').next().unwrap();
            let decided = ["settlement", "inherit", gone, "--heir", heir, "--from", &from];
            done(&after, &[&decided[..], &["--reference", "sak 1"]].concat());
        }
        done(&after, &["settlement", "close", first]);
        let out = place("out");
        let order = ["statement", first, "--party", heirs[0], "--as", "json", "--out", &out];
        done(&after, &order);
        let file = std::path::Path::new(&out).join(format!("oppgjor-{first}-{}-kladd.json", heirs[0]));
        let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let posts = json["posts"].as_array().unwrap();
        assert_eq!(posts.len(), 1, "{gone}: {posts:?}");
        assert_eq!(posts[0]["corrects"], format!("{last}-{gone}"), "{gone}");
        assert_eq!(json["to_pay"], day * rate, "{gone}");
        done(&after, &["ledger", "verify"]);
        // In a range over the merger, the code is that of each month's own time.
        if gone == "1103" {
            let range = format!("{last}..{first}");
            done(&after, &["statement", &range, "--party", "1103", "--as", "csv", "--out", &out]);
            let made = |name: &str| std::path::Path::new(&out).join(name).exists();
            assert!(made("oppgjor-2019-12-1103-kladd.csv") && made("oppgjor-2020-01-1103@2020-kladd.csv"));
        }
    }
}

/// The commands of a year, with what belongs to its time: the year, a variant and a projection.
const COMMANDS: &str = "\
check {register}/contacts.parquet
settle {year} --draft --contacts {register}/contacts.parquet --out {work}/settled
settle {year}-T2 --only USK --draft --contacts {register}/contacts.parquet --out {work}/tertial
settlement open {year} --ledger {work}/ledger.sqlite --now {year}-01-02
settlement run {year}-01..{year}-03 --draft --contacts {register}/contacts.parquet --ledger {work}/ledger.sqlite --now {year}-04-10
settlement close {year}-01..{year}-02 --ledger {work}/ledger.sqlite --now {year}-04-11
settlement correct {year}-01 --into {year}-03 --draft --contacts {register}/contacts.parquet --ledger {work}/ledger.sqlite --now {year}-04-12
settlement status --ledger {work}/ledger.sqlite
settlement deliveries --ledger {work}/ledger.sqlite
statement {year}-01 --as pdf,xlsx,csv,json --ledger {work}/ledger.sqlite --out {work}/january
statement {year}-01 --party 991324968 --with-claims --bundle --ledger {work}/ledger.sqlite --out {work}/january
check-statement {work}/january/oppgjor-{year}-01-991324968-kladd.zip
case Bergen --scenario {variant} --period {year} --contacts {register}/contacts.parquet --out {work}/case
forecast {year}-03 --ledger {work}/ledger.sqlite
accrual {year}-03 --ledger {work}/ledger.sqlite
ledger verify --ledger {work}/ledger.sqlite
ledger balances --ledger {work}/ledger.sqlite
ledger export --as beancount --ledger {work}/ledger.sqlite
explain bilag-3 --ledger {work}/ledger.sqlite
settlement open {year} --mode decentral --rounding kroner --ledger {work}/bills.sqlite --now {year}-01-02
settlement run {year}-01 --draft --contacts {register}/contacts.parquet --ledger {work}/bills.sqlite --now {year}-02-10
settlement close {year}-01 --ledger {work}/bills.sqlite --now {year}-02-11
statement {year}-01 --as pdf,ehf --ledger {work}/bills.sqlite --out {work}/bills
indicators run --all --period {year} --flows --peers --hospitals --units --by-age --profile Bergen --contacts {register}/contacts.parquet --out {work}/indicators
simulate {variant} --period {year} --contacts {register}/contacts.parquet --keep-cells {work}/cells.parquet --out {work}/what-if
simulate fewer-medical-admissions no-discharge-ready --period {year} --contacts {register}/contacts.parquet --out {work}/measures
simulate {variant} --sweep share=10..20:10 --period {year} --cells {work}/cells.parquet --out {work}/sweep
budget {variant} --municipality Bergen --period {year} --years 1 --projection docs/examples/{projection} --costs docs/examples/egne-kostnader.csv --contacts {register}/contacts.parquet --out {work}/plan
risk picture --variant {variant} --period {year} --contacts {register}/contacts.parquet --out {work}/risk
agreement docs/examples/avtale.toml --period {year} --contacts {register}/contacts.parquet --out {work}/agreement
rules show discharge-ready-day-rate --on {year}-07-01
rules payments --on {year}-07-01
";

/// Every command with a year runs for the year of the reform and for today.
#[test]
fn commands_run_for_the_year_of_the_reform_and_for_today() {
    let work = folder("today-commands");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for (year, variant, projection) in [
        ("2012", "co-financing-80-plus", "framskriving-2012.csv"),
        ("2024", "co-financing-again", "framskriving.csv"),
    ] {
        let (register, out) = (work.join(format!("register-{year}")), work.join(year));
        std::fs::create_dir_all(&out).unwrap();
        let made = for_people(&["synth", "--year", year, "--people", "15000", "--out", path(&register)]);
        assert!(made.status.success(), "{}", text(&made.stderr));
        for line in COMMANDS.lines() {
            let filled = [
                ("{register}", path(&register)),
                ("{work}", path(&out)),
                ("{year}", year),
                ("{variant}", variant),
                ("{projection}", projection),
            ];
            let line = filled.iter().fold(line.to_owned(), |line, (from, to)| line.replace(from, to));
            let words: Vec<&str> = line.split(' ').collect();
            let run = crate::program().args(&words).current_dir(&root).output().unwrap();
            let said = format!("{}{}", text(&run.stdout), text(&run.stderr));
            assert!(run.status.success(), "{line}: {said}");
        }
    }
    // What belongs to one time only says so.
    let (ledger, budget) = (work.join("2024/ledger.sqlite"), work.join("budget.csv"));
    std::fs::write(&budget, "instrument;debtor;creditor;kroner\nKMF;4601;983658725;1200000\n").unwrap();
    let order = ["settlement", "on-account", "2024-04..2024-12", "--budget", path(&budget)];
    let (code, said) = crate::settlement::tried(path(&ledger), "2024-04-13", &order);
    assert!(code != Some(0) && said.contains("KMF er ikke i kraft i 2024-04..2024-12"), "{said}");
}
