use super::canvas::{Area, DrawResult, FONT, write_png, write_svg};
use crate::{EpochRecord, History, TrainError};
use plotters::{
    coord::types::{RangedCoordf64, RangedCoordu32},
    prelude::*,
};
use std::{ops::Range, path::Path};

const SIZE: (u32, u32) = (1200, 520);
/// The drawing library knows whole pixels only; so many of its own make one of the picture.
const FINENESS: u32 = 4;
const TRAIN: RGBColor = RGBColor(31, 119, 180);
const VAL: RGBColor = RGBColor(214, 96, 20);
const BOUNDARY: RGBColor = RGBColor(90, 90, 90);
/// Up to so many epochs each is marked with a dot: one epoch alone is no line.
const DOTTED_EPOCHS: usize = 40;

/// Draws loss and accuracy of train and val over the epochs, with the beginnings of phases marked, as PNG.
///
/// # Errors
/// If the file cannot be written.
pub fn draw_curves(history: &History, path: &Path) -> Result<(), TrainError> {
    write_png(path, SIZE, FINENESS, |area| draw(area, history, FINENESS))
}

/// The same as SVG.
///
/// # Errors
/// If the file cannot be written.
pub fn draw_curves_svg(history: &History, path: &Path) -> Result<(), TrainError> {
    write_svg(path, SIZE, FINENESS, |area| draw(area, history, FINENESS))
}

/// Draws both charts, everything `scale` times as large.
fn draw<B: DrawingBackend>(area: &Area<B>, history: &History, scale: u32) -> DrawResult<B> {
    let (left, right) = area.split_horizontally(area.dim_in_pixel().0 / 2);
    draw_panel(&left, history, &Panel::loss(history), scale)?;
    draw_panel(&right, history, &Panel::accuracy(history), scale)
}

type Figure = fn(&EpochRecord) -> Option<f64>;

/// One of the two charts.
struct Panel {
    title: String,
    train: Figure,
    val: Figure,
    range: Range<f64>,
    label: fn(&f64) -> String,
    legend: SeriesLabelPosition,
}

impl Panel {
    fn loss(history: &History) -> Self {
        let (train, val): (Figure, Figure) = (|record| Some(record.train_loss), |record| record.val_loss);
        let values = sorted_values(history, &[train, val]);
        // A few wild values of an unsettled start must not flatten the rest.
        let high = values.get(values.len() * 97 / 100).copied().unwrap_or(1.0);
        let low = values.first().copied().unwrap_or(0.0);
        let title =
            title("loss", history.lowest_val_loss(), |record| record.val_loss, |loss| format!("{loss:.4}"));
        let margin = (0.05 * (high - low)).max(0.01 * high).max(1e-6);
        let range = (low - margin).max(0.0)..high + margin;
        Self {
            title,
            train,
            val,
            range,
            label: |loss| short_number(*loss),
            legend: SeriesLabelPosition::MiddleRight,
        }
    }

    fn accuracy(history: &History) -> Self {
        let (train, val): (Figure, Figure) =
            (|record| Some(record.train_accuracy), |record| record.val_accuracy);
        let values = sorted_values(history, &[train, val]);
        let low = (values.first().copied().unwrap_or(0.0) * 10.0).floor() / 10.0;
        let best = history.best_val_accuracy();
        let title =
            title("accuracy", best, |record| record.val_accuracy, |share| format!("{:.2} %", 100.0 * share));
        let label = |share: &f64| format!("{:.0} %", 100.0 * share);
        Self { title, train, val, range: low.min(0.9)..1.0, label, legend: SeriesLabelPosition::LowerRight }
    }
}

fn title(name: &str, best: Option<&EpochRecord>, figure: Figure, format: fn(f64) -> String) -> String {
    match best.and_then(|record| Some((record.epoch, figure(record)?))) {
        Some((epoch, value)) => format!("{name}, best val {} after epoch {}", format(value), epoch + 1),
        None => name.to_owned(),
    }
}

fn sorted_values(history: &History, figures: &[Figure]) -> Vec<f64> {
    let of_record = |record| figures.iter().filter_map(move |figure| figure(record));
    let mut values: Vec<f64> = history.epochs.iter().flat_map(of_record).collect();
    values.sort_by(f64::total_cmp);
    values
}

fn short_number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

type Chart<'a, B> = ChartContext<'a, B, Cartesian2d<RangedCoordu32, RangedCoordf64>>;

fn font(size: u32, scale: u32) -> FontDesc<'static> {
    (FONT, size * scale).into_font()
}

fn draw_panel<B: DrawingBackend>(
    area: &Area<B>,
    history: &History,
    panel: &Panel,
    scale: u32,
) -> DrawResult<B> {
    let mut chart = ChartBuilder::on(area)
        .margin(12 * scale)
        .caption(&panel.title, font(17, scale))
        .x_label_area_size(42 * scale)
        .y_label_area_size(58 * scale)
        .build_cartesian_2d(0..history.epochs.len() as u32, panel.range.clone())?;
    chart
        .configure_mesh()
        .label_style(font(13, scale))
        .axis_desc_style(font(14, scale))
        .x_desc("epochs done")
        .x_labels(11)
        .y_labels(9)
        .y_label_formatter(&panel.label)
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12).stroke_width(scale))
        .axis_style(BLACK.mix(0.6).stroke_width(scale))
        .draw()?;
    draw_phases(&mut chart, history, panel, scale)?;
    draw_series(&mut chart, history, panel, scale)?;
    chart
        .configure_series_labels()
        .position(panel.legend.clone())
        .margin(10 * scale)
        .legend_area_size(30 * scale)
        .label_font(font(14, scale))
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.2))
        .draw()
}

/// Marks the beginnings of phases with their learning rates.
fn draw_phases<B: DrawingBackend>(
    chart: &mut Chart<'_, B>,
    history: &History,
    panel: &Panel,
    scale: u32,
) -> DrawResult<B> {
    for &start in &history.phase_starts {
        let line = [(start, panel.range.start), (start, panel.range.end)];
        let style = BOUNDARY.stroke_width(scale);
        chart.draw_series(DashedLineSeries::new(line, 6 * scale, 5 * scale, style))?;
        let label = history.epochs.get(start as usize).map(|record| format!(" lr {}", short_rate(record.lr)));
        let style = font(12, scale).color(&BOUNDARY);
        chart.draw_series([Text::new(label.unwrap_or_default(), (start, panel.range.end), style)])?;
    }
    Ok(())
}

fn draw_series<B: DrawingBackend>(
    chart: &mut Chart<'_, B>,
    history: &History,
    panel: &Panel,
    scale: u32,
) -> DrawResult<B> {
    for (name, figure, color) in [("train", panel.train, TRAIN), ("val", panel.val, VAL)] {
        let visible = |value: f64| value.clamp(panel.range.start, panel.range.end);
        let points: Vec<_> = history
            .epochs
            .iter()
            .filter_map(|record| Some((record.epoch + 1, visible(figure(record)?))))
            .collect();
        if points.is_empty() {
            continue;
        }
        let radius = if points.len() <= DOTTED_EPOCHS { 3 * scale } else { 0 };
        let style = color.stroke_width(2 * scale).filled();
        let series = LineSeries::new(points, style).point_size(radius);
        let key = move |(x, y)| PathElement::new([(x, y), (x + 22 * scale as i32, y)], style);
        chart.draw_series(series)?.label(name).legend(key);
    }
    Ok(())
}

/// At most three significant digits: a rate that has dropped thrice has seventeen.
fn short_rate(rate: f64) -> String {
    let rounded: f64 = format!("{rate:.2e}").parse().unwrap_or(rate);
    rounded.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(epochs: u32, with_val: bool) -> History {
        let record = |epoch: u32| {
            let loss = 5.0 / f64::from(epoch + 1);
            EpochRecord {
                epoch,
                lr: if epoch < 25 { 0.1 } else { 0.01 },
                train_loss: loss,
                train_cross_entropy: loss,
                train_accuracy: 1.0 - loss / 6.0,
                val_loss: with_val.then_some(if epoch == 3 {
                    80.0
                } else {
                    loss + 0.2 * f64::from(epoch % 3)
                }),
                val_cross_entropy: with_val.then_some(loss),
                val_accuracy: with_val.then_some(0.9 - loss / 8.0),
            }
        };
        History {
            epochs: (0..epochs).map(record).collect(),
            phase_starts: vec![25, 35],
            ..History::default()
        }
    }

    #[test]
    fn any_history_can_be_drawn_and_equal_ones_give_equal_bytes() {
        let folder = tempfile::tempdir().unwrap();
        for (epochs, with_val) in [(0, false), (1, true), (3, false), (50, true)] {
            let paths = ["a.png", "b.png"].map(|name| folder.path().join(name));
            paths.iter().for_each(|path| draw_curves(&history(epochs, with_val), path).unwrap());
            assert_eq!(image::image_dimensions(&paths[0]).unwrap(), SIZE);
            assert_eq!(std::fs::read(&paths[0]).unwrap(), std::fs::read(&paths[1]).unwrap());
        }
    }

    #[test]
    fn the_svg_names_what_it_shows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curves.svg");
        draw_curves_svg(&history(50, true), &path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        for part in ["<svg", "</svg>", "best val", "epochs done", "train", "lr 0.01"] {
            assert!(text.contains(part), "no {part}");
        }
        draw_curves_svg(&history(0, false), &path).unwrap();
    }
}
