//! A weighted sum over inputs that see few players each, for all patterns of all of their players.
//!
//! Inputs that see the same players are multiplied by their weights together, once per pattern of
//! those players: a table. The tables are then added, smallest unions first, so that partial sums
//! are shared by as many patterns as possible. What is left are a few tables whose pairwise unions
//! are all players; their rows are added pattern by pattern.
//!
//! This is a plain sum in another order: unlike Moebius and zeta transforms it subtracts nothing,
//! so it rounds no worse than a sum mask by mask.

use std::collections::BTreeMap;

use pulp::Simd;

use super::{Arithmetic, layout::Place};
use crate::{
    rows::{self, Epilogue, Factors, Packed, Run},
    tables::{self, Lookup, Tables},
};

/// An input of a sum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Input {
    /// The place of its weights.
    pub(super) weights: usize,
    /// Where its own values lie.
    pub(super) place: Place,
}

/// The values of an input for one pattern.
#[derive(Clone, Copy, Debug)]
pub(super) struct Channels {
    pub(super) count: usize,
    /// From one row to the next.
    pub(super) stride: usize,
}

/// How a sum is computed. Tables lie one after the other, a row per pattern.
#[derive(Clone, Debug)]
pub(super) struct Sum {
    /// All players that it depends on, as bits of a mask.
    pub(super) players: u32,
    groups: Vec<Group>,
    merges: Vec<Merge>,
    /// The tables that are left, looked up for every pattern of all players.
    lookups: Vec<Lookup>,
    /// Rows of all tables.
    table_rows: usize,
}

/// Inputs that see the same players.
#[derive(Clone, Debug)]
struct Group {
    table: Table,
    runs: Vec<Run>,
}

/// Two tables, added.
#[derive(Clone, Debug)]
struct Merge {
    table: Table,
    parts: [Lookup; 2],
}

/// Where a table lies.
pub(super) type Table = Place;

impl Sum {
    /// A sum over `inputs`, each of which has a row of channels for every pattern.
    pub(super) fn new(inputs: impl Iterator<Item = Input>, channels: Channels) -> Self {
        let mut by_players = BTreeMap::<u32, Vec<Run>>::new();
        for Input { weights, place } in inputs {
            let run = Run {
                left: place.first * channels.stride,
                right: weights * channels.count,
            };
            by_players.entry(place.players).or_default().push(run);
        }
        let mut table_rows = 0;
        let mut table = |players| {
            let table = Table {
                players,
                first: table_rows,
            };
            table_rows += table.patterns();
            table
        };
        let groups: Vec<Group> = by_players
            .into_iter()
            .map(|(players, runs)| Group {
                table: table(players),
                runs,
            })
            .collect();
        let open = groups.iter().map(|group| group.table).collect();
        Self {
            groups,
            ..Self::of_tables(open, table_rows)
        }
    }

    /// A sum of tables that are filled elsewhere; its own ones lie behind `table_rows` rows.
    pub(super) fn of_tables(mut open: Vec<Table>, mut table_rows: usize) -> Self {
        let players = open.iter().fold(0, |all, table| all | table.players);
        let mut merges = Vec::new();
        while let Some([a, b]) = smallest_union(&open, players) {
            let (b, a) = (open.swap_remove(b), open.swap_remove(a));
            let sum = Table {
                players: a.players | b.players,
                first: table_rows,
            };
            table_rows += sum.patterns();
            let parts = [a, b].map(|part| Lookup::new(part.first, part.players, sum.players));
            merges.push(Merge { table: sum, parts });
            open.push(sum);
        }
        let lookups = open
            .iter()
            .map(|part| Lookup::new(part.first, part.players, players))
            .collect();
        Self {
            players,
            groups: Vec::new(),
            merges,
            lookups,
            table_rows,
        }
    }

    /// Number of patterns.
    pub(super) fn patterns(&self) -> usize {
        1 << self.players.count_ones()
    }

    /// Rows that the tables take.
    pub(super) fn table_rows(&self) -> usize {
        self.table_rows
    }

    /// What it takes, for `channels` values an input and `outputs` values a row.
    pub(super) fn arithmetic(&self, channels: usize, outputs: usize) -> Arithmetic {
        let products = self
            .groups
            .iter()
            .map(|group| group.table.patterns() * group.runs.len() * channels * outputs);
        let merged = self
            .merges
            .iter()
            .map(|merge| merge.table.patterns() * outputs);
        Arithmetic {
            products: products.sum(),
            additions: merged.sum::<usize>() + self.lookups.len() * self.patterns() * outputs,
        }
    }

    /// Fills the tables: `inputs` are the rows of all inputs, as told when the sum was made;
    /// `weights` `[inputs * channels][outputs]`.
    #[inline(always)]
    pub(super) fn fill<S: Simd>(
        &self,
        simd: S,
        inputs: &[f32],
        channels: Channels,
        weights: &Packed,
        tables: &mut [f32],
    ) {
        let row = weights.stride();
        for group in &self.groups {
            let factors = Factors {
                left: inputs,
                row_stride: channels.stride,
                step: 1,
                runs: &group.runs,
                len: channels.count,
                right: weights.as_matrix(),
            };
            let table = group.table.rows();
            let out = &mut tables[table.start * row..table.end * row];
            rows::multiply(simd, factors, Epilogue::NONE, out);
        }
        self.merge(simd, row, tables);
    }

    /// Adds tables up in pairs, once those that are multiplied are filled.
    #[inline(always)]
    pub(super) fn merge<S: Simd>(&self, simd: S, row: usize, tables: &mut [f32]) {
        for merge in &self.merges {
            let table = merge.table.rows();
            let (before, after) = tables.split_at_mut(table.start * row);
            let out = &mut after[..table.len() * row];
            let before = Tables {
                values: before,
                stride: row,
            };
            tables::add(simd, before, &merge.parts, 0, Epilogue::NONE, out);
        }
    }

    /// Sums of patterns from `first` on, as many as `out` has rows, once the tables are filled.
    #[inline(always)]
    pub(super) fn add_up<S: Simd>(
        &self,
        simd: S,
        tables: Tables<'_>,
        first: usize,
        epilogue: Epilogue<'_>,
        out: &mut [f32],
    ) {
        tables::add(simd, tables, &self.lookups, first, epilogue, out);
    }
}

/// The two tables with the smallest union, unless that is all `players`: then nothing is gained by
/// adding them first.
fn smallest_union(tables: &[Table], players: u32) -> Option<[usize; 2]> {
    let pairs = (0..tables.len()).flat_map(|b| (0..b).map(move |a| [a, b]));
    let union = |[a, b]: [usize; 2]| tables[a].players | tables[b].players;
    let smallest = pairs.min_by_key(|&pair| union(pair).count_ones())?;
    (union(smallest) != players).then_some(smallest)
}
