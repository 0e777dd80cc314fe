//! A year of thirty units that do what they like, and of all that may go wrong around them, against a simple model: no unit
//! that has reported is reminded, none whose mail waits or cannot be read, no late unit is forgotten once the fault is
//! over, never two mails where one would do.
//!
//! `THUBAOCAO_SEEDS=10000` is the nightly form. A year that fails is made smaller (fewer units, faults and days) and named
//! in words that `THUBAOCAO_SEED` brings back, such as `17 units=3 until=2026-07-16 faults=Rewound`.

pub mod chance;
mod post;
mod trial;
mod year;

use std::sync::atomic::{AtomicUsize, Ordering};

use thubaocao::config::Config;

use trial::{Fault, Trial};
use year::{UNITS, Year};

fn lived(trial: &Trial, config: &Config) -> anyhow::Result<u32> {
    Year::new(trial, config)?.live()
}

/// How a trial failed, made smaller first.
fn told(trial: &Trial, config: &Config) -> String {
    let smallest = trial.clone().shrunk(&|t| lived(t, config).is_err());
    let why =
        lived(&smallest, config).map_or_else(|e| format!("{e:#}"), |_| "not again".to_owned());
    format!("THUBAOCAO_SEED=\"{smallest}\" fails: {why}")
}

#[test]
fn years_of_random_units_and_faults_agree_with_the_model() {
    let wanted = std::env::var("THUBAOCAO_SEEDS").map_or(8, |n| n.parse().unwrap());
    let trials: Vec<Trial> = match std::env::var("THUBAOCAO_SEED") {
        Ok(one) => vec![one.parse().unwrap()],
        Err(_) => (0..wanted).map(Trial::whole).collect(),
    };
    let config = year::config();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut letters = 0;
        while let Some(trial) = trials.get(next.fetch_add(1, Ordering::Relaxed)) {
            match lived(trial, &config) {
                Ok(n) => letters += n,
                Err(e) => {
                    eprintln!("seed {} fails: {e:#}; it is made smaller", trial.seed);
                    next.store(trials.len(), Ordering::Relaxed);
                    return Err(told(trial, &config));
                }
            }
        }
        Ok(letters)
    };
    let letters: Result<Vec<u32>, String> = std::thread::scope(|s| {
        let threads = [s.spawn(work), s.spawn(work)];
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let letters: u32 = letters
        .unwrap_or_else(|failure| panic!("{failure}"))
        .iter()
        .sum();
    eprintln!("{} years, {letters} letters", trials.len());
    assert!(
        letters as usize > trials.len() * UNITS || trials.len() == 1,
        "only {letters} letters: nothing was tried"
    );
}

#[test]
fn a_failing_year_is_made_smaller_and_its_name_brings_it_back() {
    let fails = |t: &Trial| {
        t.units.contains(&17)
            && t.units.contains(&21)
            && t.faults.contains(&Fault::Rewound)
            && t.until >= jiff::civil::date(2026, 3, 2)
    };
    let smallest = Trial::whole(5).shrunk(&fails);
    assert_eq!(
        smallest.to_string(),
        "5 units=17,21 until=2026-03-02 faults=Rewound"
    );
    assert_eq!(smallest.to_string().parse::<Trial>().unwrap(), smallest);
    assert_eq!("5".parse::<Trial>().unwrap(), Trial::whole(5));
}
