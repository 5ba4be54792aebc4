use super::canvas::{Area, DrawResult, FONT, write_png};
use crate::{EpochRecord, History, TrainError};
use plotters::prelude::*;
use std::{ops::Range, path::Path};

const SIZE: (u32, u32) = (1200, 520);
const OVERSAMPLING: u32 = 4;
const TRAIN: RGBColor = RGBColor(31, 119, 180);
const VAL: RGBColor = RGBColor(214, 96, 20);
const BOUNDARY: RGBColor = RGBColor(120, 120, 120);
/// Up to so many epochs each is marked with a dot: one epoch alone is no line.
const DOTTED_EPOCHS: usize = 40;

/// Draws loss and accuracy of train and val over the epochs, with the beginnings of phases marked, as PNG.
///
/// # Errors
/// If the file cannot be written.
pub fn draw_curves(history: &History, path: &Path) -> Result<(), TrainError> {
    write_png(path, SIZE, OVERSAMPLING, |area| {
        let (left, right) = area.split_horizontally(area.dim_in_pixel().0 / 2);
        draw_panel(&left, history, &Panel::loss(history))?;
        draw_panel(&right, history, &Panel::accuracy(history))
    })
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
            legend: SeriesLabelPosition::UpperRight,
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

fn draw_panel(area: &Area<'_>, history: &History, panel: &Panel) -> DrawResult {
    let font = |size: u32| (FONT, size * OVERSAMPLING).into_font();
    let epochs = history.epochs.len() as u32;
    let mut chart = ChartBuilder::on(area)
        .margin(12 * OVERSAMPLING)
        .caption(&panel.title, font(17))
        .x_label_area_size(42 * OVERSAMPLING)
        .y_label_area_size(58 * OVERSAMPLING)
        .build_cartesian_2d(0..epochs, panel.range.clone())?;
    chart
        .configure_mesh()
        .label_style(font(13))
        .axis_desc_style(font(14))
        .x_desc("epochs done")
        .x_labels(11)
        .y_labels(9)
        .y_label_formatter(&panel.label)
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12).stroke_width(OVERSAMPLING))
        .axis_style(BLACK.mix(0.6).stroke_width(OVERSAMPLING))
        .draw()?;
    for &start in &history.phase_starts {
        let line = [(start, panel.range.start), (start, panel.range.end)];
        let dashes = DashedLineSeries::new(
            line,
            6 * OVERSAMPLING,
            5 * OVERSAMPLING,
            BOUNDARY.stroke_width(OVERSAMPLING),
        );
        chart.draw_series(dashes)?;
        let label = history.epochs.get(start as usize).map(|record| format!(" lr {}", record.lr));
        let style = font(11).color(&BOUNDARY);
        chart.draw_series([Text::new(label.unwrap_or_default(), (start, panel.range.end), style)])?;
    }
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
        let radius = if points.len() <= DOTTED_EPOCHS { 3 * OVERSAMPLING } else { 0 };
        let style = color.stroke_width(2 * OVERSAMPLING).filled();
        let series = LineSeries::new(points, style).point_size(radius);
        let key = move |(x, y)| PathElement::new([(x, y), (x + 22 * OVERSAMPLING as i32, y)], style);
        chart.draw_series(series)?.label(name).legend(key);
    }
    chart
        .configure_series_labels()
        .position(panel.legend.clone())
        .margin(10 * OVERSAMPLING)
        .legend_area_size(30 * OVERSAMPLING)
        .label_font(font(14))
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.2))
        .draw()
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
        History { epochs: (0..epochs).map(record).collect(), phase_starts: vec![25, 35] }
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
}
