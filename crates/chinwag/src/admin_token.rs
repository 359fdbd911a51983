//! The file with the token of whoever runs the server.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use chinwag_gateway::AdminToken;

use crate::config::Config;

/// Its name in the data directory.
const NAME: &str = "admin-token";
/// Shorter ones could be guessed.
const CHARACTERS_MIN: usize = 32;

/// Where it is; with a database nowhere, unless the configuration says so.
pub(crate) fn path(config: &Config) -> Option<PathBuf> {
    match (&config.admin_token_file, &config.database) {
        (Some(file), _) => Some(file.clone()),
        (None, None) => Some(config.data.join(NAME)),
        (None, Some(_)) => None,
    }
}

/// The token, made now if there is none. A server that cannot have one serves all the same.
pub(crate) fn open(config: &Config) -> Option<AdminToken> {
    let path = path(config)?;
    let text = match read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => make(&path).and_then(|()| read(&path)),
        read => read,
    };
    match text {
        Ok(text) => Some(AdminToken::of(&text)),
        Err(error) => {
            tracing::warn!(file = ?path, %error, "there is no admin token, so `chinwag admin` cannot be used");
            None
        }
    }
}

/// What stands in the file.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    let text = fs::read_to_string(path)?;
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        tracing::warn!(file = ?path, "others on this machine can read the admin token: chmod 600");
    }
    let token = text.trim();
    let is_token = token.len() >= CHARACTERS_MIN && token.bytes().all(|byte| byte.is_ascii_graphic());
    if is_token {
        return Ok(token.to_owned());
    }
    let what = format!(
        "it holds no token, which is a line of {CHARACTERS_MIN} visible characters at least; \
         remove it, and the next start makes one"
    );
    Err(io::Error::new(ErrorKind::InvalidData, what))
}

/// Makes it, whole or not at all; one that another server makes at the same moment stays.
fn make(path: &Path) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}", std::process::id()));
    let unfinished = PathBuf::from(unfinished);
    let made = write(&unfinished).and_then(|()| match fs::hard_link(&unfinished, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    // Nothing is left of it but the other name.
    let _ = fs::remove_file(&unfinished);
    made
}

fn write(path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{}", AdminToken::random_text()?)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_made_once_and_for_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config { data: folder.path().to_owned(), ..Config::default() };
        assert!(open(&config).is_some());
        let path = path(&config).unwrap();
        let first = read(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(open(&config).is_some());
        assert_eq!(read(&path).unwrap(), first);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing unfinished is left");
        fs::write(&path, "short\n").unwrap();
        assert!(open(&config).is_none());
        assert_eq!(fs::read_to_string(&path).unwrap(), "short\n", "is left as it is");
    }

    #[test]
    fn with_a_database_it_is_where_the_configuration_says() {
        let database = Some("postgres://localhost/chinwag".parse().unwrap());
        let config = Config { database, ..Config::default() };
        assert_eq!(path(&config), None);
        let file = PathBuf::from("/etc/chinwag/admin-token");
        assert_eq!(path(&Config { admin_token_file: Some(file.clone()), ..config }), Some(file));
    }
}
