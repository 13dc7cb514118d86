//! Inhabitants as Statistics Norway's table service gives them: the same figures as from the program's own form of the table.

use std::path::Path;

use crate::{folder, for_people, path, text};

/// Women and men of an age in a municipality in a year: made up, with a hundred ages.
fn people(code: &str, age: usize, sex: usize, year: i16) -> usize {
    let number: usize = code.parse().unwrap();
    number % 97 + age % 13 + 50 * sex + usize::try_from(year - 2000).unwrap()
}

const HOMES: [(&str, &str); 3] =
    [("1201", "Bergen (-2019)"), ("0301", "Oslo kommune"), ("1103", "Stavanger")];
const SEXES: [(&str, &str, &str); 2] = [("woman", "2", "Kvinner"), ("man", "1", "Menn")];

fn age_label(age: usize) -> String {
    if age == 105 { "105 år eller eldre".to_owned() } else { format!("{age} år") }
}

/// Every cell of 2012 and 2013.
fn each(mut row: impl FnMut((&str, &str), usize, (&str, &str, &str), i16, usize)) {
    for home in HOMES {
        for (place, sex) in SEXES.into_iter().enumerate() {
            for age in 0..=105 {
                for year in [2012, 2013] {
                    row(home, age, sex, year, people(home.0, age, place, year));
                }
            }
        }
    }
}

fn own() -> String {
    let mut out = "municipality;age;sex;people\n".to_owned();
    each(|(code, _), age, (sex, ..), year, people| {
        if year == 2012 {
            out += &format!("{code};{age};{sex};{people}\n");
        }
    });
    out
}

/// A column for each variable, with a title, the whole country, both sexes and a municipality that is no more.
fn tall() -> String {
    let mut out = "07459: Alders- og kjønnsfordeling, etter region, kjønn, alder, statistikkvariabel og år\n\n\
                   \"region\";\"kjønn\";\"alder\";\"år\";\"Personer\"\n\
                   \"0 Hele landet\";\"Menn\";\"0 år\";\"2012\";30000\n\"1243 Os (-2019)\";\"Menn\";\"0 år\";\"2012\";..\n"
        .to_owned();
    each(|(code, name), age, (.., sex), year, people| {
        out += &format!("\"{code} {name}\";\"{sex}\";\"{}\";\"{year}\";{people}\n", age_label(age));
        out += &format!("\"{code} {name}\";\"Begge kjønn\";\"{}\";\"{year}\";999999\n", age_label(age));
    });
    out
}

/// A column for each year.
fn wide() -> String {
    let mut out = "\"region\",\"kjønn\",\"alder\",\"Personer 2012\",\"Personer 2013\"\n".to_owned();
    let mut first = 0;
    each(|(code, name), age, (.., sex), year, people| match year {
        2012 => first = people,
        _ => out += &format!("\"K-{code} {name}\",\"{sex}\",\"{}\",{first},{people}\n", age_label(age)),
    });
    out
}

fn json_stat() -> String {
    let mut values = Vec::new();
    each(|_, _, _, _, people| values.push(people));
    let object = |pairs: Vec<(String, String)>| {
        let mut index = serde_json::Map::new();
        let mut label = serde_json::Map::new();
        for (place, (code, name)) in pairs.into_iter().enumerate() {
            index.insert(code.clone(), place.into());
            label.insert(code, name.into());
        }
        serde_json::json!({ "category": { "index": index, "label": label } })
    };
    let words = |one: &str, other: &str| (one.to_owned(), other.to_owned());
    serde_json::json!({
        "class": "dataset", "version": "2.0", "id": ["Region", "Kjonn", "Alder", "ContentsCode", "Tid"],
        "size": [HOMES.len(), 2, 106, 1, 2],
        "dimension": {
            "Region": object(HOMES.map(|(code, name)| words(code, name)).into()),
            "Kjonn": object(SEXES.map(|(_, code, name)| words(code, name)).into()),
            "Alder": object((0..=105).map(|age| (format!("{age:03}"), age_label(age))).collect()),
            "ContentsCode": object(vec![words("Personer1", "Personer")]),
            "Tid": object(vec![words("2012", "2012"), words("2013", "2013")]),
        },
        "value": values,
    })
    .to_string()
}

#[test]
fn inhabitants_come_as_the_table_service_gives_them() {
    let work = folder("table-service");
    let contacts = work.join("register/contacts.parquet");
    let made =
        for_people(&["synth", "--year", "2012", "--people", "20000", "--out", path(&work.join("register"))]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let run = |name: &str, content: &str, period: &str| {
        let (file, out) = (work.join(name), work.join("out"));
        std::fs::write(&file, content).unwrap();
        let words = ["indicators", "run", "admissions", "--without-kroner", "--period", period];
        let files = ["--contacts", path(&contacts), "--people", path(&file), "--out", path(&out)];
        let run = for_people(&[&words[..], &files].concat());
        (run.status.success(), text(&run.stderr), std::fs::read(out.join("kommuner.csv")).unwrap_or_default())
    };
    let (done, said, own) = run("own.csv", &own(), "2012");
    assert!(done, "{said}");
    for (name, content) in [("tall.csv", tall()), ("wide.csv", wide()), ("stat.json", json_stat())] {
        let (done, said, found) = run(name, &content, "2012");
        assert!(done && found == own, "{name}: {said}");
    }
    refuses(&work, &|name, content| {
        let (done, said, _) = run(name, content, "2012");
        assert!(!done, "{said}");
        said
    });
}

fn refuses(work: &Path, run: &dyn Fn(&str, &str) -> String) {
    let later = tall().replace("\"2012\"", "\"2014\"");
    let said = run("later.csv", &later);
    assert!(said.contains("later.csv har 2013, 2014, men ikke 2012"), "{said}");
    let said = run("noages.csv", "\"region\";\"kjønn\";\"Personer 2012\"\n\"0301 Oslo\";\"Menn\";5\n");
    assert!(said.contains("noages.csv har ikke alder"), "{said}");
    let fewer = r#"{"id":["Region","Alder"],"dimension":{"Region":{"category":{"index":["1201","0301"]}},"Alder":{"category":{"index":["000"]}}},"value":[1]}"#;
    for damaged in
        [fewer, "{\"id\": 3}", "[]", "{", "{\"dimension\":{},\"id\":[\"Region\",\"Alder\"],\"value\":[]}"]
    {
        let said = run("bad.json", damaged);
        assert!(said.contains("bad.json er ikke JSON-stat"), "{damaged}: {said}");
    }
    assert!(work.exists());
}
