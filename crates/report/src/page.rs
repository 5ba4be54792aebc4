use serde::Serialize;

const SKELETON: &str = include_str!("page/page.html");

const STYLE: [&str; 6] = [
    include_str!("page/colours.css"),
    include_str!("page/frame.css"),
    include_str!("page/table.css"),
    include_str!("page/curves.css"),
    include_str!("page/run.css"),
    include_str!("page/media.css"),
];

/// One script, in the order in which a reader would want to read it.
const SCRIPT: [&str; 16] = [
    include_str!("page/elements.js"),
    include_str!("page/text.js"),
    include_str!("page/state.js"),
    include_str!("page/theme.js"),
    include_str!("page/filter.js"),
    include_str!("page/sorting.js"),
    include_str!("page/table.js"),
    include_str!("page/chart.js"),
    include_str!("page/curves.js"),
    include_str!("page/hover.js"),
    include_str!("page/legend.js"),
    include_str!("page/graph.js"),
    include_str!("page/confusion.js"),
    include_str!("page/run.js"),
    include_str!("page/live.js"),
    include_str!("page/main.js"),
];

/// A whole page around a document: nothing in it comes from elsewhere.
///
/// # Errors
/// When the document cannot be written as JSON.
pub fn page(title: &str, document: &impl Serialize) -> Result<String, serde_json::Error> {
    let data = inside_script(&serde_json::to_string(document)?);
    let parts = [
        ("{{title}}", escaped(title)),
        ("{{style}}", STYLE.join("\n")),
        ("{{data}}", data),
        ("{{script}}", SCRIPT.join("\n")),
    ];
    let mut page = String::new();
    let mut rest = SKELETON;
    for (mark, text) in parts {
        let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
        page.push_str(before);
        page.push_str(&text);
        rest = after;
    }
    page.push_str(rest);
    Ok(page)
}

/// JSON that no HTML parser takes for the end of a script or for a comment, and that is still the same JSON.
fn inside_script(json: &str) -> String {
    json.replace('<', "\\u003c")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const NASTY: &str = "</script><script>alert(1)</script><!-- <script> \"'& {{script}} \u{2028}";

    #[test]
    fn data_cannot_leave_its_script_and_comes_back_as_it_was() {
        let page = page(NASTY, &json!({ NASTY: NASTY })).unwrap();
        assert_eq!(page.matches("</script>").count(), 2, "the data's and the page's own");
        assert!(page.contains("<title>&lt;/script&gt;"));
        let data = page.split_once("type=\"application/json\">").unwrap().1;
        let data: Value = serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap();
        assert_eq!(data, json!({ NASTY: NASTY }));
    }

    #[test]
    fn every_part_of_the_skeleton_is_filled() {
        let page = page("title", &json!({})).unwrap();
        assert!(!page.contains("{{"), "no mark is left");
        assert!(page.trim_end().ends_with("</html>"));
    }

    #[test]
    fn scripts_and_style_do_not_end_their_element() {
        assert!(!SCRIPT.concat().contains("</script"));
        assert!(!STYLE.concat().contains("</style"));
    }
}
