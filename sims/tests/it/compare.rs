//! `sims compare`.

use crate::{complains, prints, sims, text};

/// The policies of a table, in its order.
fn ranked(table: &str) -> Vec<&str> {
    let rows = table.lines().skip_while(|line| !line.starts_with("---")).skip(1);
    rows.take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next()).collect()
}

/// For each policy, in the table's order: does it miss work, and its cost.
fn by_rank(table: &str) -> Vec<(bool, f64)> {
    let rows = table.lines().skip_while(|line| !line.starts_with("---")).skip(1);
    let columns = rows.take_while(|line| !line.is_empty()).map(|line| line.split_whitespace().collect());
    columns.map(|row: Vec<&str>| (row[10] != "0", row[1].parse().expect("a number"))).collect()
}

#[test]
fn all_policies_are_ranked_by_cost_and_the_randomised_rule_pays_its_ratio() {
    let table = prints(&["compare", "--watcher", "dormouse"]);
    let names = ranked(&table);
    assert_eq!(names.len(), 17, "{table}");
    // Policies that miss work are last; the others are ordered by cost.
    let (misses, _) = by_rank(&table).into_iter().unzip::<bool, f64, Vec<_>, Vec<_>>();
    assert!(misses.is_sorted() && misses[names.len() - 1] && !misses[0], "{table}");
    assert!(by_rank(&table).is_sorted_by(|a, b| !a.0 && b.0 || a.1 <= b.1), "{table}");
    assert!(table.contains(" 1.58198 x OPT;"), "{table}");
    assert_eq!(table, prints(&["compare", "--watcher", "dormouse"]));
}

#[test]
fn a_fixed_policy_says_what_a_sweep_says_of_that_timeout() {
    let csv = prints(&["sweep", "--timeouts", "5", "--format", "csv"]);
    let mut lines = csv.lines().map(|line| line.split(','));
    let (names, values) = (lines.next().expect("a header"), lines.next().expect("a row"));
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("c").display().to_string();
    prints(&["compare", "--policy", "fixed:5m", "--policy", "always-on", "--out", &out]);
    let written = std::fs::read_to_string(format!("{out}/policies.csv")).expect("policies");
    let header: Vec<&str> = written.lines().next().expect("a header").split(',').collect();
    let fixed: Vec<&str> =
        written.lines().find(|line| line.starts_with("fixed:5m,")).expect("a row").split(',').collect();
    let compared = names.zip(values).filter(|(name, value)| {
        let there = header.iter().position(|column| column == name);
        there.inspect(|&i| assert_eq!(fixed[i], *value, "{name}")).is_some()
    });
    assert_eq!(compared.count(), 9, "{written}");
    for name in ["policies.svg", "policies.png"] {
        assert!(folder.path().join("c").join(name).exists(), "{name}");
    }
}

#[test]
fn an_unknown_policy_suggests_the_nearest_and_a_repeated_one_is_refused() {
    let output = sims(&["compare", "--policy", "brake-even"]).output().expect("sims runs");
    assert_eq!(output.status.code(), Some(2));
    let said = text(output.stderr);
    assert!(said.contains("unknown policy \"brake-even\"; did you mean `break-even`?"), "{said}");
    let twice = complains(&["compare", "--policy", "week", "--policy", "week"]);
    assert_eq!(twice, "sims: --policy week is there twice; give it once");
}
