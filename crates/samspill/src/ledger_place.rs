//! Where a ledger is: a file, or an address of PostgreSQL with the password that the system keeps for it.

use std::path::PathBuf;

/// The place that `--ledger` names. To an address of PostgreSQL with a user and no password, the password is added:
/// that of `PGPASSWORD`, else the one in the password file (`PGPASSFILE`, else `~/.pgpass`), as for other programs of
/// PostgreSQL.
pub fn ledger(given: &str) -> Result<String, std::convert::Infallible> {
    let scheme = given.split_once("://").map(|(scheme, rest)| (scheme.to_lowercase(), rest));
    let Some((scheme, rest)) = scheme.filter(|(scheme, _)| scheme.starts_with("postgres")) else {
        return Ok(given.to_owned());
    };
    let given = &format!("{scheme}://{rest}");
    let (user, host) = rest.rsplit_once('@').unwrap_or(("", rest));
    if user.is_empty() || user.contains(':') || host.contains("password=") {
        return Ok(given.to_owned());
    }
    let secret = named("PGPASSWORD").or_else(|| {
        let file = named("PGPASSFILE").map(PathBuf::from);
        let file = file.or_else(|| Some(PathBuf::from(named("HOME")?).join(".pgpass")))?;
        let text = std::fs::read_to_string(&file).ok().filter(|_| is_own(&file))?;
        text.lines().find_map(|line| password_for(line, user, host))
    });
    Ok(secret
        .map_or_else(|| given.to_owned(), |secret| format!("{scheme}://{user}:{}@{host}", encoded(&secret))))
}

fn named(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "PostgreSQL's own variables stand in the environment")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether only its owner has access to a file; outside Unix, whether the file exists. PostgreSQL too ignores a
/// password file that others have access to.
fn is_own(file: &std::path::Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(file).is_ok_and(|found| found.permissions().mode() & 0o077 == 0)
    }
    #[cfg(not(unix))]
    {
        file.exists()
    }
}

/// The password in a line `host:port:database:user:password` of a password file, if the line is for this user and
/// place. A star stands for anything, and a backslash makes the colon or backslash after it part of the value.
fn password_for(line: &str, user: &str, host: &str) -> Option<String> {
    let mut cells = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match (letter, cells.len()) {
            ('\\', _) => cells.last_mut()?.extend(letters.next()),
            (':', 1..5) => cells.push(String::new()),
            _ => cells.last_mut()?.push(letter),
        }
    }
    let [for_host, for_port, for_database, for_user, password] = <[String; 5]>::try_from(cells).ok()?;
    let (place, database) = host.split_once('/').unwrap_or((host, user));
    let database = database.split('?').next().unwrap_or_default();
    let (host, port) = place.rsplit_once(':').unwrap_or((place, "5432"));
    let is_for = |wanted: &str, found: &str| wanted == "*" || wanted == found;
    let all = [(&for_host, host), (&for_port, port), (&for_database, database), (&for_user, user)];
    all.iter().all(|(wanted, found)| is_for(wanted, found)).then_some(password)
}

/// A password as it stands in an address. Every byte other than ASCII letters, digits and `-._~` is written as `%` and
/// two hexadecimal digits, such as `%40`.
fn encoded(secret: &str) -> String {
    let as_is = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    secret
        .bytes()
        .map(|byte| if as_is(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_file_is_read_as_postgresql_reads_it() {
        let host = "db.example:5433/oppgjor?sslmode=disable";
        for (line, found) in [
            ("db.example:5433:oppgjor:kari:hemmelig", Some("hemmelig")),
            ("*:*:*:*:a\\:b\\\\c:d", Some("a:b\\c:d")),
            ("db.example:5432:oppgjor:kari:x", None),
            ("db.example:5433:oppgjor:per:x", None),
            ("# et utsagn", None),
            ("", None),
        ] {
            assert_eq!(password_for(line, "kari", host).as_deref(), found, "{line}");
        }
        assert_eq!(encoded("p@ss:w/ørd"), "p%40ss%3Aw%2F%C3%B8rd");
    }
}
