//! Builds the web app and writes a table of its files, so that the server holds them itself.
//!
//! Cargo runs this again only when a source of the web app has changed. `CHINWAG_WEB_DIST=DIR` takes a ready-made build
//! instead, and then no Node.js is needed.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::SystemTime;
use std::{env, io};

use sha2::{Digest, Sha256};

/// The oldest Node.js that the web app's tools run on.
const NODE_MIN: (u32, u32) = (20, 19);
const NEXT_STEP: &str = "Install Node.js 20.19 or newer with npm, or set CHINWAG_WEB_DIST to a directory with a ready-made build of web/app.";
/// Entries of web/app that no build reads.
const NOT_SOURCES: [&str; 3] = ["node_modules", "dist", "tests"];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            for line in failure.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    println!("cargo::rerun-if-env-changed=CHINWAG_WEB_DIST");
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo sets no OUT_DIR")?);
    let dist = match env::var_os("CHINWAG_WEB_DIST") {
        Some(dist) => {
            let dist = PathBuf::from(dist);
            println!("cargo::rerun-if-changed={}", dist.display());
            dist
        }
        None => {
            let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../web/app");
            let dist = out.join("web");
            build_web_app(&app, &dist)?;
            dist
        }
    };
    let dist = dist.canonicalize().map_err(|error| format!("{}: {error}", dist.display()))?;
    let table = table(&dist).map_err(|error| format!("{}: {error}", dist.display()))?;
    fs::write(out.join("assets.rs"), table).map_err(|error| format!("cannot write the table: {error}"))
}

fn build_web_app(app: &Path, dist: &Path) -> Result<(), String> {
    let entries = fs::read_dir(app).map_err(|error| format!("{}: {error}", app.display()))?;
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with('.') && !NOT_SOURCES.contains(&&*name) {
            println!("cargo::rerun-if-changed={}", entry.path().display());
        }
    }
    check_node()?;

    // Builds into other target directories share node_modules; the lock ends with the file's handle.
    let lock =
        File::open(app.join("package-lock.json")).map_err(|error| format!("package-lock.json: {error}"))?;
    lock.lock().map_err(|error| format!("cannot lock package-lock.json: {error}"))?;
    // npm writes this file last.
    let installed = modified(&app.join("node_modules/.package-lock.json"));
    if installed.is_none() || installed < modified(&app.join("package-lock.json")) {
        npm(app, dist, &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])?;
    }
    npm(app, dist, &["run", "build"])
}

fn check_node() -> Result<(), String> {
    let output = Command::new("node").arg("--version").output().map_err(|error| {
        format!("The web app is built with Node.js, which cannot be run: {error}\n{NEXT_STEP}")
    })?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let mut parts = version.trim_start_matches('v').split('.').map(str::parse);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) if (major, minor) >= NODE_MIN => Ok(()),
        _ => Err(format!("Node.js {version} is too old to build the web app.\n{NEXT_STEP}")),
    }
}

fn npm(app: &Path, dist: &Path, arguments: &[&str]) -> Result<(), String> {
    let name = format!("npm {}", arguments.join(" "));
    let output = Command::new("npm")
        .args(arguments)
        .current_dir(app)
        .env("CHINWAG_WEB_OUT", dist)
        .output()
        .map_err(|error| format!("`{name}` cannot be run in web/app: {error}\n{NEXT_STEP}"))?;
    if output.status.success() {
        return Ok(());
    }
    let told =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(format!("`{name}` failed in web/app:\n{}\n{NEXT_STEP}", told.trim()))
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// The Rust source of a table of all files below `dist`, sorted by their paths.
fn table(dist: &Path) -> io::Result<String> {
    let mut files = Vec::new();
    collect(dist, &mut files)?;
    files.sort();
    if !files.contains(&dist.join("index.html")) {
        return Err(io::Error::other("holds no index.html"));
    }
    let mut source = String::from("static ASSETS: &[Asset] = &[\n");
    for file in files.iter().filter(|file| content_type(file).is_some()) {
        let path = file.strip_prefix(dist).map_err(io::Error::other)?.to_string_lossy().replace('\\', "/");
        let hash = Sha256::digest(fs::read(file)?);
        let hash = hash.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        let _ = writeln!(
            source,
            "    Asset {{ path: {:?}, content_type: {:?}, hash: {hash:?}, identity: include_bytes!({file:?}), \
             br: {}, gzip: {} }},",
            format!("/{path}"),
            content_type(file).unwrap_or_default(),
            beside(&files, file, "br"),
            beside(&files, file, "gz"),
        );
    }
    source.push_str("];\n");
    Ok(source)
}

/// The compressed form that the web build has put beside `file`, as an expression.
fn beside(files: &[PathBuf], file: &Path, extension: &str) -> String {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    let compressed = PathBuf::from(name);
    if files.contains(&compressed) {
        format!("Some(include_bytes!({compressed:?}))")
    } else {
        "None".to_owned()
    }
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// What a file is served as; none for the compressed forms of others.
fn content_type(file: &Path) -> Option<&'static str> {
    Some(match file.extension().and_then(|extension| extension.to_str())? {
        "br" | "gz" => return None,
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/vnd.microsoft.icon",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    })
}
