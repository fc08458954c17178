//! The console blocks of a Markdown page.
//!
//! In a block marked `console`, `hospital-a$ command` is what is typed on the machine hospital-a (a
//! bare `$` is a machine, too), with `\` at the end of a line that goes on, and a file that is typed
//! up to `EOF` after `<<EOF`. What follows up to the next prompt is what the command prints; a line
//! of three dots stands for any number of lines.
//!
//! A comment `<!-- clock 2027-11-01T09:00:00Z -->` says what the clocks of all machines show from
//! there on. Only a program with hooks can be told so. Times are compared then, too.

const CLOCK: (&str, &str) = ("<!-- clock ", " -->");

/// What is typed.
pub struct Typed<'a> {
    /// On which machine.
    pub machine: &'a str,
    /// The command.
    pub command: &'a str,
    /// What it prints, as it stands on the page.
    pub expected: &'a [&'a str],
    /// What the clock shows, if the page says that.
    pub clock: Option<&'a str>,
}

/// The page as it would be if each command's output were what `run` gives.
pub fn with_real_output(page: &str, mut run: impl FnMut(&Typed<'_>) -> String) -> String {
    let mut clock = None;
    let mut found = String::new();
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        push(&mut found, line);
        clock = line.strip_prefix(CLOCK.0).and_then(|rest| rest.strip_suffix(CLOCK.1)).or(clock);
        if line != "```console" {
            continue;
        }
        while let Some(line) = lines.next_if(|line| *line != "```") {
            let (machine, first) = prompt(line).expect("a console block begins with a prompt");
            push(&mut found, line);
            let mut command = first.to_owned();
            while command.ends_with('\\') {
                let line = lines.next().expect("the command goes on");
                push(&mut found, line);
                command.push('\n');
                command.push_str(line);
            }
            while command.contains("<<EOF") && !command.ends_with("\nEOF") {
                let line = lines.next().expect("the file has an end");
                push(&mut found, line);
                command.push('\n');
                command.push_str(line);
            }
            let mut expected = Vec::new();
            while let Some(line) = lines.next_if(|line| *line != "```" && prompt(line).is_none()) {
                expected.push(line);
            }
            let (command, expected) = (command.as_str(), expected.as_slice());
            found.push_str(&run(&Typed { machine, command, expected, clock }));
        }
    }
    found
}

fn push(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

/// The machine and the command of a line that begins with a prompt.
fn prompt(line: &str) -> Option<(&str, &str)> {
    let (machine, command) = line.split_once("$ ")?;
    let is_name = machine.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    is_name.then_some((machine, command))
}

/// Whether the printed lines are the expected ones.
pub fn matches(expected: &[String], printed: &[String]) -> bool {
    match expected.split_first() {
        None => printed.is_empty(),
        Some((dots, rest)) if dots == "..." => {
            (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..]))
        }
        Some((line, rest)) => {
            printed.first() == Some(line) && matches(rest, printed.get(1..).unwrap_or_default())
        }
    }
}

/// The text without what differs from run to run: hashes, ids, serial numbers, and times unless the
/// clock was set.
pub fn without_chance(text: &str, clock: Option<&str>) -> String {
    let mut plain = String::new();
    let mut word = String::new();
    for c in text.trim_end().chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || "-:_".contains(c) {
            word.push(c);
        } else {
            plain.push_str(&without_chance_in_word(&word, clock));
            plain.push(c);
            word.clear();
        }
    }
    plain.trim_end().to_owned()
}

fn without_chance_in_word(word: &str, clock: Option<&str>) -> String {
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let backup = |at: usize| {
        let (stem, name) = word.split_at(at);
        let (time, random) = name.split_once("Z-")?;
        (time.len() == 15 && hex(random)).then(|| format!("{stem}<backup>"))
    };
    let groups: Vec<&str> = word.split('-').collect();
    if matches!(word.len(), 32 | 64) && hex(word) {
        "<hex>".to_owned()
    } else if groups.len() == 5 && groups.iter().all(|group| group.len() == 4 && hex(group)) {
        "<digest>".to_owned()
    } else if word.strip_prefix("0x").is_some_and(hex) {
        "<serial>".to_owned()
    } else if clock.is_none() && word.len() == 20 && word.starts_with("20") && word.ends_with('Z') {
        "<time>".to_owned()
    } else {
        // A backup's name is the time in 16 characters, '-' and 16 hexadecimal digits.
        word.len().checked_sub(33).and_then(backup).unwrap_or_else(|| word.to_owned())
    }
}

#[test]
fn chance_is_taken_out() {
    for (text, expected) in [
        ("valid_until: 2029-11-22T07:46:23Z ", "valid_until: <time>"),
        ("serial: 0x3a613e37534b8a0bf5fd17", "serial: <serial>"),
        ("audit: /a/fdb14c811a6d4e56a8b47c80043c2d65/audit.json", "audit: /a/<hex>/audit.json"),
        ("in /w/site-20261123T074529Z-f0b66acc747ffa22", "in /w/site-<backup>"),
        ("request_digest: 7bf7-12ce-5bd9-651b-5fe0", "request_digest: <digest>"),
        ("prod_00 hospital-a SHA256:AA", "prod_00 hospital-a SHA256:AA"),
    ] {
        assert_eq!(without_chance(text, None), expected);
    }
    assert_eq!(
        without_chance("2029-11-22T07:46:23Z 0xab", Some("2029")),
        "2029-11-22T07:46:23Z <serial>"
    );
}

#[test]
fn three_dots_stand_for_any_lines() {
    let list = |lines: &str| lines.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let matches = |expected, printed| matches(&list(expected), &list(printed));
    assert!(matches("a b", "a b") && matches("...", "") && matches("a ... d", "a b c d"));
    assert!(!matches("a", "a b") && !matches("a b", "a") && !matches("... c", "a b"));
}

#[test]
fn blocks_have_machines_commands_and_output() {
    let page = "text $ no\n```console\n$ one \\\n  more\nout\n```\n<!-- clock 2030 -->\n\
                ```console\nsite-a$ two <<EOF\na\nEOF\n```\n```shell\n$ no\n```\n";
    let mut seen = Vec::new();
    let found = with_real_output(page, |typed| {
        let clock = typed.clock.unwrap_or("today");
        seen.push(format!(
            "{}|{}|{}|{clock}",
            typed.machine,
            typed.command,
            typed.expected.concat()
        ));
        "new\n".to_owned()
    });
    assert_eq!(seen, ["|one \\\n  more|out|today", "site-a|two <<EOF\na\nEOF||2030"]);
    assert_eq!(found, page.replace("out\n", "new\n").replace("EOF\n```", "EOF\nnew\n```"));
}
