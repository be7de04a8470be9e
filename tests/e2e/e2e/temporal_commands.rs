//! Every command of Temporal's command line, against Temporal's server and against ours: the same exit
//! code, the same shape of output.
//!
//! `tests/clients/temporal/commands.txt` has the commands, `differences.txt` what is known to differ
//! and why. What else differs fails the test, and so does a difference that has gone.

mod known;
mod shape;
mod table;

use crate::common::{deploy_bench, directory, output_of_temporal};
use crate::dev_server::DevServer;
use anyhow::{Context, Result};
use known::Known;
use refrain_e2e::host::{Said, eventually};
use refrain_e2e::{Host, order, paths};
use shape::Shape;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use table::{Case, Family};

const SEARCH_ATTRIBUTE: [&str; 2] = ["--search-attribute", "Color=Keyword"];
/// Off by default, as are the activities without a workflow.
const PAUSE: [&str; 2] = ["--dynamic-config-value", "frontend.WorkflowPauseEnabled=true"];

/// Families of commands. More would not be done sooner, but each command would wait for the others, and what
/// Temporal's clients allow for an answer is not ours to say.
const N_AT_ONCE: u32 = 4;

#[test]
fn every_command_ends_and_prints_as_against_temporals_server() -> Result<()> {
    let directory = directory("temporal-commands");
    let families = table::read(&text("commands.txt")?)?;
    let known = Known::read(&text("differences.txt")?)?;
    let (host, server) = std::thread::scope(|scope| {
        let host = scope.spawn(|| our_host(&directory.join("ours")));
        let flags = [SEARCH_ATTRIBUTE, PAUSE].concat();
        let server = DevServer::start(&directory.join("theirs"), &flags);
        (host.join().map_err(|_| anyhow::anyhow!("our host is not there")), server)
    });
    let (host, server) = (host??, server?);
    let _worker = server.bench_worker(&directory)?;

    let (ours, theirs) = (host.address(), server.address());
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    let turns = Turns::new(N_AT_ONCE);
    std::thread::scope(|scope| {
        let mut runs = Vec::new();
        for family in &families {
            let (ours, turns, directory) = (&ours, &turns, &directory);
            let of_theirs = scope.spawn(move || {
                let _turn = turns.take();
                shapes(family, theirs, &directory.join("theirs"))
            });
            let of_ours = scope.spawn(move || {
                let _turn = turns.take();
                shapes(family, ours, &directory.join("ours"))
            });
            runs.push((family, of_theirs, of_ours));
        }
        for (family, of_theirs, of_ours) in runs {
            let (Ok(theirs), Ok(ours)) = (of_theirs.join(), of_ours.join()) else {
                failed.push(format!("{}: a panic", family.name));
                continue;
            };
            match (theirs, ours) {
                (Ok(theirs), Ok(ours)) => found.extend(differences(family, &theirs, &ours)),
                (theirs, ours) => {
                    let whose = [("Temporal's", theirs.err()), ("ours", ours.err())];
                    let errors = whose.into_iter().filter_map(|(whose, it)| Some((whose, it?)));
                    let words = |(whose, it)| format!("{}, {whose}: {it:#}", family.name);
                    failed.extend(errors.map(words));
                }
            }
        }
    });
    std::fs::write(directory.join("found.txt"), found.join("\n"))?;
    let wrong = [failed, known.compare(&found)].concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

fn differences(family: &Family, theirs: &[Shape], ours: &[Shape]) -> Vec<String> {
    let mut found = Vec::new();
    for (case, (theirs, ours)) in family.compared().zip(theirs.iter().zip(ours)) {
        let name = format!("{}/{}", family.name, case.name);
        found.extend(theirs.differences(ours).into_iter().map(|it| format!("{name} {it}")));
    }
    found
}

fn text(name: &str) -> Result<String> {
    let path: PathBuf = paths::root().join("tests/clients/temporal").join(name);
    std::fs::read_to_string(&path).with_context(|| path.display().to_string())
}

/// The same workflows where the Python worker has them.
fn our_host(directory: &Path) -> Result<Host> {
    let flags = [&SEARCH_ATTRIBUTE[..], &["--http-port", "0"]].concat();
    let host = Host::start(directory, &flags)?;
    deploy_bench(&host)?;
    order::deploy_guest(&host, "rust/bench", "waiting")?;
    order::deploy_guest(&host, "rust/bad", "bad")?;
    Ok(host)
}

/// Runs a family's commands in order; the shapes of those that are compared. All that was said is written
/// down in the directory, to look at.
fn shapes(family: &Family, address: &str, directory: &Path) -> Result<Vec<Shape>> {
    let mut shapes = Vec::new();
    let mut log = File::create(directory.join(format!("{}.txt", family.name)))?;
    for Case { name, until, args } in &family.cases {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        if until.is_empty() {
            let said = output_of_temporal(address, &args).with_context(|| name.clone())?;
            let Said { code: _, ended, stdout, stderr } = &said;
            writeln!(log, "[{name}] {ended}\n{stdout}{stderr}")?;
            shapes.push(Shape::of(&said, &args));
            continue;
        }
        let mut last = None;
        let waited = eventually(&format!("`{until}` of `{}`", args.join(" ")), || {
            let said = output_of_temporal(address, &args)?;
            let so = said.stdout.contains(until) || said.stderr.contains(until);
            last = Some(said);
            Ok(so.then_some(()))
        });
        waited.with_context(|| format!("{last:?}"))?;
    }
    Ok(shapes)
}

/// As many hold one as there are.
struct Turns {
    n_left: Mutex<u32>,
    given_back: Condvar,
}

impl Turns {
    fn new(n: u32) -> Turns {
        Turns { n_left: Mutex::new(n), given_back: Condvar::new() }
    }

    fn take(&self) -> Turn<'_> {
        let n_left = self.n_left.lock().unwrap_or_else(PoisonError::into_inner);
        let left = self.given_back.wait_while(n_left, |it| *it == 0);
        *left.unwrap_or_else(PoisonError::into_inner) -= 1;
        Turn(self)
    }
}

struct Turn<'a>(&'a Turns);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.0.n_left.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.given_back.notify_one();
    }
}
