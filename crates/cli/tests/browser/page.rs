//! The page in a file.

use crate::experiments::{report, three_runs};
use serde_json::{Value, json};
use testkit::Browser;

const FIRST_LR: &str = "document.querySelector('#table tbody tr td:nth-child(4)').textContent";
const SHOWN_ROWS: &str = "document.querySelectorAll('#table tbody tr').length";
const LINES: &str = "document.querySelectorAll('.plot path.line').length";

/// A page with three runs and a published value, nothing wrong so far.
fn opened() -> Option<(testkit::Project, Browser)> {
    let mut browser = Browser::start()?;
    let project = three_runs();
    let address = report(&project, &[]);
    browser.look(1280, 900, false);
    browser.open(&address);
    Some((project, browser))
}

fn assert_quiet(browser: &mut Browser) {
    assert_eq!(browser.problems(), Vec::<String>::new());
    let elsewhere = |address: &String| !address.starts_with("file:") && !address.starts_with("data:");
    assert_eq!(browser.requests().into_iter().filter(elsewhere).collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!(browser.requests().iter().filter(|address| address.starts_with("file:")).count(), 1);
}

#[test]
fn the_table_says_what_compare_says() {
    let Some((project, mut browser)) = opened() else { return };
    let table = project.pipeline_with(&["compare", "--json"]).ok().json();
    let rows = table["rows"].as_array().unwrap();
    assert_eq!(browser.value(SHOWN_ROWS), rows.len());
    let shown = browser.value(
        "[...document.querySelectorAll('#table tbody tr')].map((row) => row.cells[4].firstChild.textContent)",
    );
    let expected: Vec<String> =
        rows.iter().map(|row| format!("{:.2} %", row["rank.rank1"].as_f64().unwrap() * 100.0)).collect();
    assert_eq!(shown, json!(expected));
    let best = rows.iter().position(|row| row["best"] != json!([])).unwrap();
    assert_eq!(
        browser.value(
            "[...document.querySelectorAll('#table tbody tr')].findIndex((row) => row.querySelector('.best'))"
        ),
        best
    );
    assert_eq!(
        browser.value("document.querySelector('#table .reference th').firstChild.textContent"),
        "<b>published</b>"
    );
    assert_quiet(&mut browser);
}

#[test]
fn a_press_of_a_heading_sorts_by_mouse_and_by_key() {
    let Some((_project, mut browser)) = opened() else { return };
    browser.click("#sort-2");
    assert_eq!(browser.value(FIRST_LR), "0.05");
    assert_eq!(browser.value("document.querySelector('#sort-2').parentElement.ariaSort"), "ascending");
    browser.press("Enter");
    assert_eq!(browser.value(FIRST_LR), "0.5");
    assert_eq!(browser.value("document.querySelector('#sort-2').parentElement.ariaSort"), "descending");
    browser.click("#sort-3");
    let values = browser.value("[...document.querySelectorAll('#table tbody tr')].map((row) => parseFloat(row.cells[4].textContent))");
    let values: Vec<f64> = serde_json::from_value(values).unwrap();
    assert!(values.is_sorted_by(|a, b| a >= b), "a metric's best first: {values:?}");
    assert_quiet(&mut browser);
}

#[test]
fn a_filter_narrows_the_rows() {
    let Some((_project, mut browser)) = opened() else { return };
    for (text, rows) in
        [("lr < 0.1", 1), ("published", 1), ("rank-1 >= 0 %; lr != 0.1", 3), ("no such text", 0), ("", 4)]
    {
        browser.value(&format!(
            "(() => {{ const box = document.querySelector('#filter'); box.value = {text:?}; box.dispatchEvent(new Event('input')); }})()"
        ));
        assert_eq!(browser.value(SHOWN_ROWS), rows, "{text}");
    }
    assert_quiet(&mut browser);
}

#[test]
fn a_filter_reads_conditions_as_the_command_line_does_and_says_what_it_cannot_read() {
    let Some((_project, mut browser)) = opened() else { return };
    for (text, rows, problem) in [
        ("pipeline = p", 3, ""),
        ("experiment = 'p'", 3, ""),
        ("lr < .1", 1, ""),
        ("lr = none", 1, ""),
        ("lr != none", 3, ""),
        ("foo = 3", 0, "No column is called “foo”. Columns: experiment, phases, lr, rank-1."),
        ("lr =< 0.1", 0, "“=<” is no operator"),
        ("lr < abc", 0, "“lr” is a number, and “abc” is none."),
        ("rank-1 > 95", 0, "write 95 %"),
    ] {
        browser.value(&format!(
            "(() => {{ const box = document.querySelector('#filter'); box.value = {text:?}; box.dispatchEvent(new Event('input')); }})()"
        ));
        assert_eq!(browser.value(SHOWN_ROWS), rows, "{text}");
        let said = browser.value("document.querySelector('#filter-problem').textContent");
        let said = said.as_str().unwrap();
        assert!(said.contains(problem) && said.is_empty() == problem.is_empty(), "{text}: {said}");
    }
    assert_quiet(&mut browser);
}

#[test]
fn curves_are_drawn_chosen_and_read() {
    let Some((_project, mut browser)) = opened() else { return };
    assert_eq!(browser.value(LINES), 12, "three trainings, train and val, accuracy and loss");
    assert_eq!(
        browser.value("document.querySelectorAll('.plot .boundary').length"),
        2,
        "one phase boundary in each chart"
    );
    browser.click("#table tbody tr input");
    assert_eq!(browser.value(LINES), 8);
    browser.click("#curve-tools label:nth-child(2) input");
    assert_eq!(browser.value(LINES), 4, "without the training's own");

    assert_eq!(browser.value("document.querySelector('#hover').hidden"), true);
    browser.point_at(".plot svg", 0.5);
    browser.wait_until("!document.querySelector('#hover').hidden");
    assert_eq!(browser.value("document.querySelector('#hover caption').textContent"), "Epoch 4");
    let values =
        browser.value("[...document.querySelectorAll('#hover tbody td')].map((cell) => cell.textContent)");
    let values: Vec<String> = serde_json::from_value(values).unwrap();
    assert_eq!(values.len(), 10, "five values of two trainings");
    assert!(values[0].ends_with(" %") && values[4] == "0.1", "{values:?}");

    browser.value("document.querySelector('.plot').focus()");
    browser.press("ArrowRight");
    assert_eq!(browser.value("document.querySelector('#hover caption').textContent"), "Epoch 5");
    assert_quiet(&mut browser);
}

#[test]
fn the_theme_follows_the_system_until_it_is_toggled() {
    let Some((_project, mut browser)) = opened() else { return };
    let background = "getComputedStyle(document.body).backgroundColor";
    let light = browser.value(background);
    browser.look(1280, 900, true);
    let dark = browser.value(background);
    assert_ne!(light, dark);
    browser.click("#theme");
    assert_eq!(browser.value(background), light);
    browser.click("#theme");
    assert_eq!(browser.value(background), dark);
    assert_quiet(&mut browser);
}

#[test]
fn a_run_is_shown_in_full_and_nasty_names_stay_text() {
    let Some((_project, mut browser)) = opened() else { return };
    browser.click("#table tbody tr:nth-child(2) th a");
    let id = browser.value("location.hash.replace('#run=', '')");
    browser.wait_until("document.querySelector('#table tbody tr:nth-child(2).current')");
    let details = browser.value("document.querySelector('#run-details').textContent");
    let details = details.as_str().unwrap();
    assert!(
        details.contains(id.as_str().unwrap()) && details.contains("pipeline run pipelines/p.toml"),
        "{details}"
    );
    assert_eq!(browser.value("document.querySelectorAll('.graph .node').length"), 4);
    assert_eq!(browser.value("document.querySelectorAll('.graph .edge.arrow').length"), 5);
    browser.click(".graph .node:nth-of-type(3)");
    assert_eq!(browser.value("document.querySelector('details[open]').dataset.stage"), "train");

    let names = browser
        .value("[...document.querySelectorAll('.classes th[scope=row]')].map((name) => name.textContent)");
    assert!(names.as_array().unwrap().contains(&json!("</script><b>bold</b>")), "{names}");
    assert_eq!(browser.value("document.querySelectorAll('#run-details b, #run-details script').length"), 0);
    assert_eq!(browser.value("document.querySelectorAll('table.matrix tbody td').length"), 16);
    assert_quiet(&mut browser);
}

#[test]
fn it_fits_a_phone() {
    let Some((_project, mut browser)) = opened() else { return };
    browser.look(390, 800, false);
    browser.wait_until("document.querySelector('.plot svg').clientWidth < 390");
    assert_eq!(
        browser.value("document.documentElement.scrollWidth"),
        390,
        "nothing but tables scrolls sideways"
    );
    assert_quiet(&mut browser);
}

#[test]
fn what_is_gone_from_the_store_is_said() {
    let Some((project, mut browser)) = opened() else { return };
    std::fs::remove_dir_all(project.path(".pipeline/objects")).unwrap();
    browser.open(&report(&project, &[]));
    let text = browser.value("document.body.innerText");
    for part in [
        "histories of these trainings are no longer in the store",
        "confusion matrix is no longer in the store",
    ] {
        assert!(text.as_str().unwrap().contains(part), "{text}");
    }
    assert_eq!(browser.value(SHOWN_ROWS), 4, "the table needs the records alone");
    assert_quiet(&mut browser);
}

#[test]
fn a_page_without_runs_says_so() {
    let Some(mut browser) = Browser::start() else { return };
    let project = crate::experiments::project();
    browser.open(&report(&project, &[]));
    let text = browser.value("document.body.innerText");
    assert!(text.as_str().unwrap().contains("No finished run to compare yet"), "{text}");
    assert_eq!(browser.value(LINES), Value::from(0));
    assert_quiet(&mut browser);
}
