//! Draws how local patterns save work, for a real digit and the players of the default experiment,
//! and prints what they save.
//!
//! `cargo run --release -p spindle-core --example local-patterns --
//! docs/figures/local-patterns.svg`
#![allow(clippy::print_stdout)]

use std::fmt::Write;

use spindle_core::{Error, networks::Networks as _};
use spindle_data::{
    DataKind as _, Labelled as _, MeasuredSample, TrainingSet, measured_samples, mnist,
};
use spindle_kernels::{LayerArithmetic, Sequential};
use spindle_run::{
    Experiment,
    experiment::Model,
    modality::Pictures,
    player::{GRID, PatchMasks},
};

/// Pixels along one side of the picture, and of LeNet's first feature map.
const SIDE: usize = 28;
/// Points a pixel, in the picture.
const PIXEL: f64 = 9.0;
const INK: &str = "#1f2430";
const FAINT: &str = "#8a90a0";
const ACCENT: &str = "#c2410c";
const FIELD: &str = "#1d4ed8";
const SHADES: [&str; 8] = [
    "#f3f4f8", "#e4e9f7", "#ccd8f4", "#adc2ee", "#8aa8e6", "#668ddc", "#4473ce", "#2b5bbb",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sample = sample()?;
    let stack = Sequential::lenet(1, 10);
    let players = sample.players().clone();
    let masks = PatchMasks::new(&players, stack.masked_side());
    let layers = stack.masked_arithmetic(&masks);
    print_arithmetic(&layers);
    let seen = stack.receptive_players(&masks);
    let figure = Figure {
        sample,
        seen: seen.last().cloned().unwrap_or_default(),
        layers,
        svg: String::new(),
    };
    if let Some(path) = std::env::args().nth(1) {
        std::fs::write(path, figure.draw()?)?;
    }
    Ok(())
}

/// The first measured sample of the default experiment.
fn sample() -> Result<MeasuredSample<Pictures>, Error> {
    let experiment = Experiment::default();
    let data = mnist::embedded()?;
    let set = TrainingSet::draw(&experiment, data.about())?;
    let size = Pictures::size(data.train.samples());
    let network = Pictures::network(Model::Lenet, size, data.classes.len())?;
    let samples = measured_samples(&experiment, &data, &set, network.shape())?;
    let first = samples.into_iter().next();
    first.ok_or_else(|| Error::Data("there is no sample".to_owned()))
}

fn print_arithmetic(layers: &[LayerArithmetic]) {
    println!("| layer | mask by mask: products | by patterns: products | additions | ratio |");
    println!("|---|---|---|---|---|");
    let row = |name: &str, plain: usize, products: usize, additions: usize| {
        println!(
            "| {name} | {:.2} M | {:.2} M | {:.2} M | {:.1} |",
            plain as f64 / 1e6,
            products as f64 / 1e6,
            additions as f64 / 1e6,
            plain as f64 / (products + additions) as f64
        );
    };
    let sum = |value: fn(&LayerArithmetic) -> usize| layers.iter().map(value).sum();
    for layer in layers {
        let local = layer.by_patterns;
        let plain = layer.mask_by_mask.products;
        row(&layer.name, plain, local.products, local.additions);
    }
    row(
        "all",
        sum(|layer| layer.mask_by_mask.products),
        sum(|layer| layer.by_patterns.products),
        sum(|layer| layer.by_patterns.additions),
    );
}

struct Figure {
    sample: MeasuredSample<Pictures>,
    /// Players that every position of the last feature map sees, as bits of a mask.
    seen: Vec<u32>,
    layers: Vec<LayerArithmetic>,
    svg: String,
}

impl Figure {
    fn draw(mut self) -> Result<String, std::fmt::Error> {
        writeln!(
            self.svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 500\" font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"{INK}\">\n<rect width=\"900\" height=\"500\" fill=\"#fff\"/>"
        )?;
        // Of the positions that see three players, whose table fits, the one nearest to the middle.
        let position = (0..self.seen.len())
            .filter(|&position| self.seen[position].count_ones() == 3)
            .min_by_key(|position| (position / 5).abs_diff(2) + (position % 5).abs_diff(2));
        let position = position.unwrap_or(12);
        self.picture(20.0, 52.0, position)?;
        self.positions(335.0, 52.0, position)?;
        self.table(655.0, 52.0, self.seen[position])?;
        self.bars(20.0, 380.0)?;
        self.svg.push_str("</svg>\n");
        Ok(self.svg)
    }

    fn heading(&mut self, x: f64, y: f64, text: &str) -> std::fmt::Result {
        writeln!(
            self.svg,
            "<text x=\"{x}\" y=\"{}\" font-weight=\"600\">{text}</text>",
            y - 22.0
        )
    }

    fn text(&mut self, x: f64, y: f64, text: &str) -> std::fmt::Result {
        writeln!(
            self.svg,
            "<text x=\"{x}\" y=\"{y}\" fill=\"{FAINT}\" font-size=\"12\">{text}</text>"
        )
    }

    fn rectangle(&mut self, [x, y, width, height]: [f64; 4], style: &str) -> std::fmt::Result {
        writeln!(
            self.svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" {style}/>"
        )
    }

    /// The digit, its players, and the receptive field of one position.
    fn picture(&mut self, x: f64, y: f64, position: usize) -> std::fmt::Result {
        self.heading(x, y, "1  Ten players on the first feature map")?;
        let whole = SIDE as f64 * PIXEL;
        self.rectangle([x, y, whole, whole], "fill=\"#f6f7f9\"")?;
        for (pixel, ink) in self.sample.content().pixels.clone().into_iter().enumerate() {
            if ink > 0 {
                let place = [
                    x + (pixel % SIDE) as f64 * PIXEL,
                    y + (pixel / SIDE) as f64 * PIXEL,
                ];
                let style = format!(
                    "fill=\"{INK}\" fill-opacity=\"{:.2}\"",
                    0.75 * f64::from(ink) / 255.0
                );
                self.rectangle([place[0], place[1], PIXEL, PIXEL], &style)?;
            }
        }
        let cell = whole / GRID as f64;
        for (player, [row, column]) in self.sample.players().clone().into_iter().enumerate() {
            let place = [x + column as f64 * cell, y + row as f64 * cell];
            let inside = self.seen[position] >> player & 1 == 1;
            let style = if inside {
                format!(
                    "fill=\"{ACCENT}\" fill-opacity=\"0.3\" stroke=\"{ACCENT}\" stroke-width=\"1.5\""
                )
            } else {
                format!("fill=\"#fff\" fill-opacity=\"0.25\" stroke=\"{FAINT}\"")
            };
            self.rectangle([place[0], place[1], cell, cell], &style)?;
            writeln!(
                self.svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-weight=\"600\" fill=\"{}\">{player}</text>",
                place[0] + cell / 2.0,
                place[1] + cell / 2.0 + 4.5,
                if inside { ACCENT } else { INK },
            )?;
        }
        // A position behind the second pooling sees 6x6 cells of the first, 12x12 pixels of the
        // map.
        let [row, column] = [position / 5, position % 5].map(|i| 4.0 * i as f64 * PIXEL);
        let field = [x + column, y + row, 12.0 * PIXEL, 12.0 * PIXEL];
        self.rectangle(
            field,
            &format!("fill=\"none\" stroke=\"{FIELD}\" stroke-width=\"2.5\""),
        )?;
        self.text(
            x,
            y + whole + 20.0,
            "blue: what one position behind conv2 sees",
        )
    }

    /// Every position behind the second convolution, with the number of players it sees.
    fn positions(&mut self, x: f64, y: f64, position: usize) -> std::fmt::Result {
        self.heading(x, y, "2  Players each position sees")?;
        let side = SIDE as f64 * PIXEL / 5.0;
        for (index, seen) in self.seen.clone().into_iter().enumerate() {
            let [row, column] = [index / 5, index % 5].map(|i| i as f64 * side);
            let count = seen.count_ones() as usize;
            let place = [x + column, y + row, side, side];
            let shade = SHADES[count.min(SHADES.len() - 1)];
            self.rectangle(place, &format!("fill=\"{shade}\" stroke=\"#fff\""))?;
            let ink = if count > 4 { "#fff" } else { INK };
            writeln!(
                self.svg,
                "<text x=\"{0:.1}\" y=\"{1:.1}\" text-anchor=\"middle\" fill=\"{ink}\"><tspan font-size=\"17\" font-weight=\"600\">{count}</tspan><tspan x=\"{0:.1}\" dy=\"15\" font-size=\"11\">{2} rows</tspan></text>",
                x + column + side / 2.0,
                y + row + side / 2.0 + 1.0,
                1 << count,
            )?;
        }
        let [row, column] = [position / 5, position % 5].map(|i| i as f64 * side);
        let place = [x + column + 1.0, y + row + 1.0, side - 2.0, side - 2.0];
        self.rectangle(
            place,
            &format!("fill=\"none\" stroke=\"{FIELD}\" stroke-width=\"2.5\""),
        )?;
        let rows: usize = self.seen.iter().map(|seen| 1 << seen.count_ones()).sum();
        let text = format!("{rows} rows of 16 values, instead of 25 x 1,024");
        self.text(x, y + 5.0 * side + 20.0, &text)
    }

    /// The patterns of one position.
    fn table(&mut self, x: f64, y: f64, seen: u32) -> std::fmt::Result {
        self.heading(x, y, "3  Its rows serve all 1,024 masks")?;
        let players: Vec<usize> = (0..32).filter(|i| seen >> i & 1 == 1).collect();
        let rows = 1 << players.len();
        for pattern in 0..rows {
            let top = y + pattern as f64 * 30.0;
            for (i, player) in players.iter().enumerate() {
                let present = pattern >> i & 1 == 1;
                let style = if present {
                    format!("fill=\"{ACCENT}\" fill-opacity=\"0.3\" stroke=\"{ACCENT}\"")
                } else {
                    format!("fill=\"#fff\" stroke=\"{FAINT}\" stroke-dasharray=\"3 2\"")
                };
                let left = x + 28.0 * i as f64;
                self.rectangle([left, top, 24.0, 24.0], &style)?;
                writeln!(
                    self.svg,
                    "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"{}\">{player}</text>",
                    left + 12.0,
                    top + 16.5,
                    if present { ACCENT } else { FAINT },
                )?;
            }
            let left = x + 28.0 * players.len() as f64;
            let text = format!("one row, {} masks", 1024 / rows);
            self.text(left + 10.0, top + 16.5, &text)?;
        }
        self.text(
            x,
            y + SIDE as f64 * PIXEL + 20.0,
            "looked up by the players present",
        )
    }

    /// What all layers take, mask by mask and by patterns, on one scale.
    fn bars(&mut self, x: f64, y: f64) -> std::fmt::Result {
        let layers = self.layers.clone();
        let plain: Vec<usize> = layers.iter().map(|l| l.mask_by_mask.operations()).collect();
        let local: Vec<usize> = layers.iter().map(|l| l.by_patterns.operations()).collect();
        let totals = [&plain, &local].map(|values| values.iter().sum::<usize>());
        self.heading(x, y, "4  Multiply-adds for all 1,024 masks, by layer")?;
        let (left, scale) = (x + 110.0, 560.0 / totals[0] as f64);
        let shades = ["#1d4ed8", "#6f8fe6", "#c2410c", "#e9a37d"];
        let bars = [
            ("mask by mask", &plain, totals[0]),
            ("by patterns", &local, totals[1]),
        ];
        for (bar, (name, values, total)) in bars.into_iter().enumerate() {
            let top = y + 34.0 * bar as f64;
            writeln!(
                self.svg,
                "<text x=\"{x}\" y=\"{}\">{name}</text>",
                top + 16.0
            )?;
            let mut from = left;
            for (value, shade) in values.iter().zip(shades) {
                let width = *value as f64 * scale;
                self.rectangle([from, top, width, 24.0], &format!("fill=\"{shade}\""))?;
                from += width;
            }
            let text = match bar {
                0 => format!("{:.0} million", total as f64 / 1e6),
                _ => format!(
                    "{:.1} million, {:.0} times fewer",
                    total as f64 / 1e6,
                    totals[0] as f64 / total as f64
                ),
            };
            writeln!(
                self.svg,
                "<text x=\"{:.1}\" y=\"{}\">{text}</text>",
                from + 8.0,
                top + 16.0
            )?;
        }
        for (index, (layer, shade)) in layers.iter().zip(shades).enumerate() {
            let at = left + 90.0 * index as f64;
            self.rectangle([at, y + 76.0, 12.0, 12.0], &format!("fill=\"{shade}\""))?;
            self.text(at + 18.0, y + 86.0, &layer.name)?;
        }
        Ok(())
    }
}
