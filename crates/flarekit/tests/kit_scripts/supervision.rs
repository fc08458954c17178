//! The loop of `sub_start.sh`: one Python per site, started again when it dies, ended on request.

use std::fs;

use crate::bench::{Site, is_alive, read_pid, run_with_input, signal, touch, wait_until};

fn command_line(site: &Site, role: &str, identity: &[&str]) -> Vec<String> {
    let (module, config) =
        (format!("nvflare.private.fed.app.{role}.{role}_train"), format!("fed_{role}.json"));
    let kit = site.kit.to_str().unwrap();
    let mut line = vec!["-u", "-m", &module, "-m", kit, "-s", &config];
    line.extend(["--set", "secure_train=true"]);
    line.extend(identity);
    line.extend(["org=hospital_alpha", "config_folder="]);
    line.extend(["PYTHONPATH=/local/custom", "MALLOC_ARENA_MAX=4"]);
    line.into_iter().map(str::to_owned).collect()
}

/// Waits until the site has stopped and left nothing.
fn wait_for_the_end(site: &Site) {
    site.wait_for_output("The site has stopped.");
    wait_until("the end of the loop", || !site.state("daemon_pid.fl").exists());
    for name in ["pid.fl", "shutdown.fl", "restart.fl"] {
        assert!(!site.state(name).exists(), "{name}");
    }
}

#[test]
fn a_client_is_started() {
    let site = Site::client();
    site.start(1);
    let (pid, call) = site.only_call();
    assert_eq!(call, command_line(&site, "client", &["uid=hospital-a"]));
    assert!(site.kit.join("transfer").is_dir());
    wait_until("pid.fl", || read_pid(&site.state("pid.fl")) == Some(pid));
    assert!(is_alive(read_pid(&site.state("daemon_pid.fl")).unwrap()));
}

#[test]
fn a_server_is_started_with_the_settings_of_its_environment() {
    let site = Site::server();
    let mut command = site.command("start.sh", &[]);
    command.env("PYTHONPATH", "/mine").env("MALLOC_ARENA_MAX", "2");
    assert!(command.status().unwrap().success());
    site.wait_for_calls(1);
    let mut expected = command_line(&site, "server", &[]);
    expected.truncate(expected.len() - 2);
    expected.extend(["PYTHONPATH=/local/custom:/mine".into(), "MALLOC_ARENA_MAX=2".into()]);
    assert_eq!(site.only_call().1, expected);
}

#[test]
fn a_second_start_is_reported_and_not_doubled() {
    let site = Site::client();
    site.start(1);
    site.start(1);
    site.wait_for_output("This site is already running");
    let once = site.command("sub_start.sh", &["--once"]).status().unwrap();
    assert_eq!(once.code(), Some(0));
    site.only_call();
}

#[test]
fn files_left_by_a_crash_do_not_stop_a_start() {
    let site = Site::client();
    // This test's own process runs, but is neither of the two.
    let pid = format!("{}\n", std::process::id());
    fs::write(site.state("daemon_pid.fl"), &pid).unwrap();
    fs::write(site.state("pid.fl"), &pid).unwrap();
    touch(&site.state("shutdown.fl"));
    site.start(1);
    wait_until("pid.fl", || read_pid(&site.state("pid.fl")) == Some(site.only_call().0));
    assert!(!site.state("shutdown.fl").exists());
}

#[test]
fn nonsense_in_the_pid_files_does_not_stop_a_start() {
    for nonsense in ["", "0\n", "-1\n", "1 2\n", "hello\n"] {
        let site = Site::client();
        fs::write(site.state("daemon_pid.fl"), nonsense).unwrap();
        fs::write(site.state("pid.fl"), nonsense).unwrap();
        site.start(1);
    }
}

#[test]
fn a_python_that_outlived_its_loop_is_taken_over() {
    let site = Site::client();
    site.start(1);
    let (python, _) = site.only_call();
    let old = read_pid(&site.state("daemon_pid.fl")).unwrap();
    wait_until("pid.fl", || read_pid(&site.state("pid.fl")) == Some(python));
    assert!(signal("-KILL", old));
    wait_until("the loop's end", || !is_alive(old));
    site.start(1);
    wait_until("a new loop", || {
        read_pid(&site.state("daemon_pid.fl")).is_some_and(|pid| pid != old)
    });
    touch(&site.fake("exit"));
    touch(&site.state("shutdown.fl"));
    wait_for_the_end(&site);
    assert_eq!(site.only_call().0, python);
}

#[test]
fn a_request_to_stop_kills_after_a_grace() {
    let site = Site::client();
    site.start(1);
    let (python, _) = site.only_call();
    touch(&site.state("shutdown.fl"));
    wait_for_the_end(&site);
    assert!(site.output().contains("killed"));
    assert!(!is_alive(python));
}

#[test]
fn a_request_to_stop_waits_for_a_python_that_ends_itself() {
    let site = Site::client();
    site.start(1);
    assert!(run_with_input(&mut site.command("stop_fl.sh", &[]), "y"));
    site.wait_for_output("Asked to stop. Its processes");
    touch(&site.fake("exit"));
    wait_for_the_end(&site);
    assert!(!site.output().contains("killed"));
}

/// Whoever moves the folder of a site that runs and starts another one in its place has two loops
/// with one set of files. Each ends its own Python, and both end.
#[test]
fn a_request_to_stop_also_reaches_the_loop_of_a_kit_that_was_replaced() {
    let site = Site::client();
    site.start(1);
    let (first, _) = site.only_call();
    let old = read_pid(&site.state("daemon_pid.fl")).unwrap();
    let aside = site.path("aside");
    fs::rename(&site.kit, &aside).unwrap();
    fs::create_dir(&site.kit).unwrap();
    fs::rename(aside.join("startup"), site.state("startup")).unwrap();
    site.start(2);
    let second = site.calls().into_iter().map(|(pid, _)| pid).find(|pid| *pid != first).unwrap();
    wait_until("pid.fl", || read_pid(&site.state("pid.fl")) == Some(second));
    let new = read_pid(&site.state("daemon_pid.fl")).unwrap();

    // So the old loop is the first to read the request.
    assert!(signal("-STOP", new));
    touch(&site.state("shutdown.fl"));
    wait_until("the end of the old loop", || !is_alive(old) && !is_alive(first));
    assert!(is_alive(second));
    assert!(signal("-CONT", new));
    wait_until("the end of the new loop", || !is_alive(new) && !is_alive(second));
    for name in ["daemon_pid.fl", "pid.fl", "shutdown.fl"] {
        assert!(!site.state(name).exists(), "{name}");
    }
    assert_eq!(site.calls().len(), 2);
}

#[test]
fn a_request_to_restart_starts_a_new_python() {
    let site = Site::client();
    site.start(1);
    let (old, _) = site.only_call();
    touch(&site.state("restart.fl"));
    site.wait_for_calls(2);
    assert!(!is_alive(old));
    wait_until("restart.fl to go", || !site.state("restart.fl").exists());
    let new = site.calls().into_iter().map(|(pid, _)| pid).find(|pid| *pid != old);
    wait_until("pid.fl", || read_pid(&site.state("pid.fl")) == new);
}

#[test]
fn a_dead_python_is_started_again() {
    let site = Site::client();
    site.start(1);
    assert!(signal("-KILL", site.only_call().0));
    site.wait_for_calls(2);
    assert!(site.output().contains("FLARE ended with status 137."));
}

#[test]
fn five_failures_in_a_row_are_the_end() {
    let site = Site::client();
    touch(&site.fake("die"));
    let status = site.command("sub_start.sh", &[]).status().unwrap();
    assert_eq!(status.code(), Some(1));
    assert_eq!(site.calls().len(), 5);
    assert!(site.output().contains("Giving up"));
    for name in ["pid.fl", "daemon_pid.fl"] {
        assert!(!site.state(name).exists(), "{name}");
    }
}

#[test]
fn the_site_outlives_its_terminal() {
    let site = Site::client();
    site.start(1);
    let daemon = read_pid(&site.state("daemon_pid.fl")).unwrap();
    let (python, _) = site.only_call();
    assert!(signal("-HUP", daemon) && signal("-HUP", python));
    touch(&site.fake("exit"));
    touch(&site.state("shutdown.fl"));
    wait_for_the_end(&site);
    site.only_call();
}
