//! What the forms of a table look like.

use crate::support::{digits, published};
use insta::assert_snapshot;
use results::{CompareOptions, Format, ResultsTable, compare, render, write_tables};
use serde_json::{Value, json};

/// Three learning rates with two seeds each, and what was published.
fn table(options: &CompareOptions) -> ResultsTable {
    let mut runs = Vec::new();
    for (number, (lr, seed, rank1)) in [
        (0.1, 1, 0.9733),
        (0.1, 2, 0.9751),
        (0.05, 1, 0.9811),
        (0.05, 2, 0.9789),
        (0.01, 1, 0.9422),
        (0.01, 2, 0.9510),
    ]
    .into_iter()
    .enumerate()
    {
        let mut run = digits(number, json!({"lr": lr, "seed": seed}), rank1, 1.0 - rank1);
        run.references = vec![published("published, experiment 2", 0.9769)];
        runs.push(run);
    }
    compare(&runs, options).unwrap()
}

fn folded() -> CompareOptions {
    CompareOptions {
        fold: vec!["seed".into()],
        baseline: Some("lr = 0.1".into()),
        ..CompareOptions::default()
    }
}

#[test]
fn terminal_at_80_columns() {
    let upright = render(&table(&CompareOptions::default()), Format::Terminal { width: 80 }).unwrap();
    assert_snapshot!("terminal_80", upright);
    let folded = render(&table(&folded()), Format::Terminal { width: 80 }).unwrap();
    assert_snapshot!("terminal_80_folded", folded);
}

#[test]
fn terminal_at_120_columns() {
    let folded = render(&table(&folded()), Format::Terminal { width: 120 }).unwrap();
    assert_snapshot!("terminal_120_folded", folded);
}

#[test]
fn a_table_moves_closer_together_before_it_is_turned() {
    for width in [97, 94, 92] {
        let text = render(&table(&folded()), Format::Terminal { width }).unwrap();
        let heading = text.lines().next().unwrap();
        assert!(heading.contains("rank-1") && heading.contains("loss"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
    }
}

#[test]
fn too_narrow_a_terminal_turns_the_table() {
    let turned = render(&table(&CompareOptions::default()), Format::Terminal { width: 44 }).unwrap();
    assert_snapshot!("terminal_turned", turned);
    assert!(turned.lines().all(|line| line.chars().count() <= 44), "{turned}");
}

#[test]
fn markdown() {
    assert_snapshot!(render(&table(&folded()), Format::Markdown).unwrap());
}

#[test]
fn markdown_shows_names_as_they_are() {
    let mut run = digits(1, json!({}), 0.9, 0.1);
    run.pipeline = "<b>a*b*`c`|_d_e_".into();
    run.metrics[0].label = Some("*top*".into());
    let text = render(&compare(&[run], &CompareOptions::default()).unwrap(), Format::Markdown).unwrap();
    assert!(text.contains(r"| \<b>a\*b\*\`c\`\|\_d_e\_ |"), "{text}");
    assert!(text.contains(r"\*top\*"), "{text}");
}

#[test]
fn csv() {
    assert_snapshot!(render(&table(&folded()), Format::Csv).unwrap());
}

#[test]
fn json_has_plain_values_by_column_name() {
    let text = render(&table(&folded()), Format::Json).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let columns = document["columns"].as_array().unwrap();
    let rows = document["rows"].as_array().unwrap();
    for row in rows {
        let names: Vec<&String> = row.as_object().unwrap().keys().collect();
        assert_eq!(names.len(), columns.len() + 2, "every column, `best` and `within_spread`: {names:?}");
    }
    assert_eq!(document["baseline"], "lr = 0.1");
    insta::assert_json_snapshot!("json_column_and_row", json!([columns[5], rows[1]]));
}

#[test]
fn html_is_one_page_without_anything_from_elsewhere() {
    let mut run = digits(1, json!({}), 0.9, 0.1);
    run.pipeline = "<script>alert(1)</script>".into();
    let table = compare(&[run], &CompareOptions::default()).unwrap();
    let page = render(&table, Format::Html).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    assert!(page.contains("&lt;script&gt;alert(1)"), "names are escaped");
    assert!(!page.contains("http"), "no external request");
}

#[test]
fn the_best_can_be_within_the_spread_of_the_baseline_and_every_form_says_both() {
    let run = |number, lr, seed, rank1| digits(number, json!({"lr": lr, "seed": seed}), rank1, 0.2);
    let runs = [run(1, 0.1, 1, 0.96), run(2, 0.1, 2, 0.97), run(3, 0.2, 1, 0.966), run(4, 0.2, 2, 0.968)];
    let table = compare(&runs, &folded()).unwrap();
    let text = render(&table, Format::Terminal { width: 120 }).unwrap();
    assert!(text.contains("* ~ 96.70 ± 0.14 % (2) [+0.20]"), "{text}");
    assert!(text.contains("~ differs from the baseline by no more than the spread"), "{text}");
    assert!(render(&table, Format::Markdown).unwrap().contains("**~ 96.70 ± 0.14 % (2)** [+0.20]"));
    assert!(render(&table, Format::Html).unwrap().contains(">~ 96.70 ± 0.14 % (2) [+0.20]</td>"));

    let json: Value = serde_json::from_str(&render(&table, Format::Json).unwrap()).unwrap();
    let of = |name: &str| [&json["rows"][0][name], &json["rows"][1][name]];
    assert_eq!(of("within_spread"), [&json!([]), &json!(["rank.rank1", "rank.loss"])]);
    assert_eq!(of("best"), [&json!([]), &json!(["rank.rank1"])]);
    assert_eq!(of("baseline"), [&json!(true), &json!(false)]);
    assert_eq!(of("rank.loss.difference"), [&json!(null), &json!(0.0)]);

    let csv = render(&table, Format::Csv).unwrap();
    let mut reader = csv.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let heading = reader.next().unwrap();
    let at = |name: &str| heading.iter().position(|known| *known == name).expect(name);
    let rows: Vec<Vec<&str>> = reader.collect();
    assert_eq!([rows[0][at("baseline")], rows[1][at("baseline")]], ["true", "false"]);
    let within = at("rank.rank1.within_spread");
    assert_eq!([rows[0][within], rows[1][within]], ["", "true"], "nothing of the baseline itself");
}

#[test]
fn nothing_to_compare_is_said() {
    let empty = compare(&[], &CompareOptions::default()).unwrap();
    assert_eq!(render(&empty, Format::Terminal { width: 80 }).unwrap(), "no finished run to compare\n");
    assert_eq!(
        serde_json::from_str::<Value>(&render(&empty, Format::Json).unwrap()).unwrap()["rows"],
        json!([])
    );
}

#[test]
fn table_files_are_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let runs = [digits(1, json!({}), 0.9, 0.1)];
    let store = store::Store::open(folder.path()).unwrap();
    let written = write_tables(&store, folder.path(), &runs).unwrap();
    assert_eq!(written, [folder.path().join("results/table.csv"), folder.path().join("results/table.md")]);
    let csv = std::fs::read_to_string(&written[0]).unwrap();
    assert!(csv.starts_with("experiment,kind,runs,rank.rank1,rank.loss\n"), "{csv}");
    assert!(csv.contains("digits,experiment,20260101-000001-ab,0.9,0.1"), "{csv}");
    assert!(
        write_tables(&store, folder.path(), &runs).unwrap().is_empty(),
        "nothing changed, nothing written"
    );
    let left: Vec<_> = std::fs::read_dir(folder.path().join("results")).unwrap().collect();
    assert_eq!(left.len(), 2, "no temporary file stays behind");
}
