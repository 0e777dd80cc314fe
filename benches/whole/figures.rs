//! Figures with their spread, and the table in which they stand.

use std::fmt::Write as _;
use std::time::Duration;

/// What was measured several times.
#[derive(Clone, Debug, Default)]
pub struct Figures(Vec<f64>);

impl Figures {
    pub fn add(&mut self, figure: f64) {
        self.0.push(figure);
    }

    pub fn took(&mut self, time: Duration) {
        self.add(time.as_secs_f64());
    }

    fn sorted(&self) -> Vec<f64> {
        let mut all = self.0.clone();
        all.sort_by(f64::total_cmp);
        all
    }

    pub fn median(&self) -> f64 {
        let all = self.sorted();
        match all.len() {
            0 => f64::NAN,
            n if n % 2 == 1 => all[n / 2],
            n => f64::midpoint(all[n / 2 - 1], all[n / 2]),
        }
    }

    /// Each held against the one of the same round.
    pub fn against(&self, other: &Figures) -> Figures {
        Figures(self.0.iter().zip(&other.0).map(|(a, b)| a / b).collect())
    }

    /// Each less the one of the same round.
    pub fn beyond(&self, other: &Figures) -> Figures {
        Figures(self.0.iter().zip(&other.0).map(|(a, b)| a - b).collect())
    }

    /// `4.2 s (3.9–5.1, 5 runs)`.
    pub fn told(&self, unit: &str) -> String {
        let all = self.sorted();
        let number = |n: f64| match n.abs() {
            x if x >= 100.0 => format!("{n:.0}"),
            x if x >= 10.0 => format!("{n:.1}"),
            _ => format!("{n:.2}"),
        };
        let median = number(self.median());
        match all[..] {
            [] => "not measured".into(),
            [_] => format!("{median} {unit} (1 run)"),
            [least, .., most] => format!(
                "{median} {unit} ({}–{}, {} runs)",
                number(least),
                number(most),
                all.len()
            ),
        }
    }
}

/// What is printed in the end; each row is also printed on standard error as soon as it is known.
#[derive(Default)]
pub struct Table(String);

impl Table {
    pub fn row(&mut self, what: &str, measured: &str, bar: &str) {
        eprintln!("{what}: {measured}");
        writeln!(self.0, "| {what} | {measured} | {bar} |").unwrap();
    }

    pub fn text(&self) -> String {
        format!("| what | measured | bar |\n|---|---|---|\n{}", self.0)
    }
}
