//! Numbers that hold: law that is checked where it lies, and what-if that adds up.

use std::path::Path;

use crate::{folder, path, samspill, text};

/// A copy of a folder of the project's rules.
fn rules(kind: &str, name: &str) -> std::path::PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules").join(kind);
    let out = folder(name);
    for entry in std::fs::read_dir(own).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), out.join(entry.file_name())).unwrap();
    }
    out
}

/// Changes a text in a file, which must be there.
fn changed(file: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(file, text.replacen(from, to, 1)).unwrap();
}

fn check(arguments: &[&str]) -> (Option<i32>, String) {
    let output = samspill(&[&["rules", "check"], arguments].concat());
    (output.status.code(), format!("{}{}", text(&output.stdout), text(&output.stderr)))
}

/// The cases beside the files that are given are run, and what is missing is told.
#[test]
fn rules_are_checked_by_the_cases_beside_them() {
    let law = rules("law", "check-law");
    let of_law = ["--law", path(&law)];
    let (code, told) = check(&of_law);
    assert!(code == Some(0) && told.contains(" tilfeller, 0 feilet"), "{told}");
    changed(&law.join("discharge-ready-day-rate.toml"), "kroner_per_day = 4_000", "kroner_per_day = 400");
    let (code, told) = check(&of_law);
    assert!(code == Some(1) && told.contains("discharge-ready-day-rate.cases.md:"), "{told}");
    std::fs::remove_file(law.join("discharge-ready-day-rate.toml")).unwrap();
    let (code, told) = check(&of_law);
    assert!(
        code == Some(1) && told.contains("har tilfeller for discharge-ready-day-rate, som ikke er der"),
        "{told}"
    );
    assert!(told.contains("ingen regel for utskrivningsklare pasienter i mappen"), "{told}");
    let law = rules("law", "check-law-again");
    let of_law = ["--law", path(&law)];
    std::fs::remove_file(law.join("co-financing.cases.md")).unwrap();
    let (code, told) = check(&of_law);
    assert!(code == Some(1) && told.contains("co-financing.toml har ingen tilfeller: skriv dem i"), "{told}");

    let variants = rules("variants", "check-variants");
    let variant = variants.join("discharge-ready-3000.toml");
    let of_variant = ["--variant", path(&variant)];
    assert_eq!(check(&of_variant).0, Some(0));
    assert_eq!(check(&["--variant", "discharge-ready-3000"]).0, Some(0));
    changed(&variant, "kroner_per_day = 3000", "kroner_per_day = 3001");
    let (code, told) = check(&of_variant);
    assert!(
        code == Some(1) && told.contains("discharge-ready-3000.cases.md:") && told.contains("gives"),
        "{told}"
    );
    std::fs::remove_file(variants.join("discharge-ready-3000.cases.md")).unwrap();
    let (code, told) = check(&of_variant);
    assert!(code == Some(1) && told.contains("har ingen tilfeller"), "{told}");

    for (kind, option, file, from, to) in [
        ("measures", "--measures", "take-over-bed-days.toml", "likely = 10", "likely = 11"),
        ("scheme", "--scheme", "settlement.toml", "days = 30", "days = 31"),
    ] {
        let folder = rules(kind, &format!("check-{kind}"));
        let arguments = [option, path(&folder)];
        assert_eq!(check(&arguments).0, Some(0), "{kind}");
        changed(&folder.join(file), from, to);
        let (code, told) = check(&arguments);
        assert!(code == Some(1) && told.contains(&file.replace(".toml", ".cases.md")), "{told}");
        std::fs::remove_file(folder.join(file.replace(".toml", ".cases.md"))).unwrap();
        let (code, told) = check(&arguments);
        assert!(code == Some(1) && told.contains("har ingen tilfeller"), "{told}");
    }
    let empty = folder("check-empty");
    assert_eq!(check(&["--measures", path(&empty)]).0, Some(1));
}
