//! Who writes what to whom.

use super::{
    Baseline, DigestKey,
    baseline::Side,
    company::{COMPANY, soften, stands_for},
};
use crate::{
    ReasonCode, Record, Trace, Value,
    mapping::{
        Flow, Row, Table, Wins,
        convert::{same, to_crm, to_mail},
    },
    mirror::is_private,
};

/// Fields that make sense only together: half of somebody's new time is nobody's time.
const TIME: [&str; 4] = ["start", "end", "all_day", "zone"];

/// Which writes a pair allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Both sides are written.
    Both,
    /// Only the CRM is written; changes there stay where they are (private items, attendees' copies).
    ToCrm,
    /// The mailbox is read only: what was edited there is restored (CON-20, TSK-03).
    ToMail,
}

/// Both sides of a pair as they stand, in their own forms.
#[derive(Debug, Clone, Copy)]
pub struct Sides<'a> {
    /// The fields of the item.
    pub mail: &'a Record,
    /// The fields of the record.
    pub crm: &'a Record,
}

/// A field that both sides changed to different values. Both values are kept until somebody settles it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The field.
    pub field: String,
    /// The mailbox's value.
    pub mail: Option<Value>,
    /// The CRM's value.
    pub crm: Option<Value>,
    /// Whose value stands on both sides now.
    pub winner: Wins,
}

/// What a merge wants written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// Fields to set on the record; an empty text clears one.
    pub to_crm: Record,
    /// Fields to set on the item; an empty text clears one.
    pub to_mail: Record,
    /// Collisions.
    pub conflicts: Vec<Conflict>,
}

/// One unit of the merge: a field, or the fields of a time.
struct Unit<'a> {
    rows: Vec<&'a Row>,
}

pub(super) enum Verdict {
    Leave,
    ToCrm,
    ToMail,
    Collision(Wins),
}

/// Merges the two sides of a pair. Without a baseline, equal sides are joined in silence, an empty field
/// is filled from the other side, and a difference is a collision: a lost baseline never means that the
/// newer one wins (F.4).
pub fn merge(
    table: &Table,
    baseline: Option<&Baseline>,
    sides: Sides<'_>,
    direction: Direction,
    key: &DigestKey,
    trace: &mut Trace,
) -> Merged {
    let mut merged = Merged::default();
    for unit in units(table, sides) {
        let verdict = unit.judge(baseline, sides, direction, key);
        match verdict {
            Verdict::Leave => {}
            Verdict::ToCrm => unit.write_crm(baseline, sides, key, &mut merged, trace),
            Verdict::ToMail => unit.write_mail(baseline, sides, key, &mut merged),
            Verdict::Collision(winner) => {
                trace.note("INV-02", ReasonCode::BothChanged, unit.rows[0].name.clone());
                for row in unit.rows.iter().filter(|row| row.name != "zone") {
                    if unit.differs(row, sides) {
                        merged.conflicts.push(Conflict {
                            field: row.name.clone(),
                            mail: sides.mail.get(&row.name).cloned(),
                            crm: sides.crm.get(&row.name).cloned(),
                            winner,
                        });
                    }
                }
                match winner {
                    Wins::Mail => unit.write_crm(baseline, sides, key, &mut merged, trace),
                    Wins::Crm => unit.write_mail(baseline, sides, key, &mut merged),
                }
            }
        }
    }
    merged
}

/// Rows of the table that travel and that both reads could tell about.
fn units<'a>(table: &'a Table, sides: Sides<'_>) -> Vec<Unit<'a>> {
    let travels = |row: &&Row| row.flow != Flow::None;
    let mut units: Vec<Unit<'a>> = Vec::new();
    let time: Vec<&Row> = table
        .rows()
        .iter()
        .filter(|row| TIME.contains(&row.name.as_str()))
        .filter(travels)
        .collect();
    let has_time = time
        .iter()
        .any(|row| sides.mail.get(&row.name).is_some() || sides.crm.get(&row.name).is_some());
    if has_time {
        units.push(Unit { rows: time });
    }
    let others = table
        .rows()
        .iter()
        .filter(|row| !TIME.contains(&row.name.as_str()))
        .filter(travels);
    units.extend(others.map(|row| Unit { rows: vec![row] }));
    units
}

impl Unit<'_> {
    fn judge(
        &self,
        baseline: Option<&Baseline>,
        sides: Sides<'_>,
        direction: Direction,
        key: &DigestKey,
    ) -> Verdict {
        let verdict = self.judge_texts(baseline, sides, direction, key);
        if self.rows[0].name != COMPANY {
            return verdict;
        }
        let moved = self.moved(baseline, sides, key);
        let named = baseline.is_some_and(|baseline| baseline.alike(COMPANY));
        soften(verdict, sides, direction, moved, named)
    }

    fn judge_texts(
        &self,
        baseline: Option<&Baseline>,
        sides: Sides<'_>,
        direction: Direction,
        key: &DigestKey,
    ) -> Verdict {
        let flow = self.rows[0].flow;
        let up = matches!(flow, Flow::ToCrm | Flow::Both);
        let down = matches!(flow, Flow::ToMail | Flow::Both);
        let Some((mail, crm)) = self.moved(baseline, sides, key) else {
            return self.judge_new(sides, direction, up, down);
        };
        match (mail, crm, direction) {
            (false, false, _) => Verdict::Leave,
            // Restored: what the CRM holds goes back over the edit.
            (true, _, Direction::ToMail) | (false, true, Direction::ToMail) if down => {
                Verdict::ToMail
            }
            (_, _, Direction::ToMail) => Verdict::Leave,
            // Somebody's edit in the CRM is replaced, but not in silence.
            (true, true, Direction::ToCrm) if up && !self.agree(sides) => {
                Verdict::Collision(Wins::Mail)
            }
            (true, _, Direction::ToCrm) if up => Verdict::ToCrm,
            (_, _, Direction::ToCrm) => Verdict::Leave,
            (true, false, Direction::Both) if up => Verdict::ToCrm,
            (false, true, Direction::Both) if down => Verdict::ToMail,
            (true, true, Direction::Both) if up && down => {
                if self.agree(sides) {
                    Verdict::Leave
                } else {
                    Verdict::Collision(self.rows[0].wins)
                }
            }
            (true, true, Direction::Both) if up => Verdict::ToCrm,
            (true, true, Direction::Both) if down => Verdict::ToMail,
            _ => Verdict::Leave,
        }
    }

    fn judge_new(&self, sides: Sides<'_>, direction: Direction, up: bool, down: bool) -> Verdict {
        if self.agree(sides) {
            return Verdict::Leave;
        }
        let up = up && direction != Direction::ToMail;
        if up && down && direction == Direction::ToCrm && !is_private(sides.mail) {
            // The CRM's value cannot come down; it goes only for another one, and not in silence (INV-2).
            return match (self.empty(sides.crm), self.empty(sides.mail)) {
                (true, _) => Verdict::ToCrm,
                (false, true) => Verdict::Leave,
                (false, false) => Verdict::Collision(Wins::Mail),
            };
        }
        let down = down && direction != Direction::ToCrm;
        match (up, down) {
            (true, true) if self.empty(sides.crm) => Verdict::ToCrm,
            (true, true) if self.empty(sides.mail) => Verdict::ToMail,
            (true, true) => Verdict::Collision(self.rows[0].wins),
            (true, false) => Verdict::ToCrm,
            (false, true) => Verdict::ToMail,
            (false, false) => Verdict::Leave,
        }
    }

    /// Whether mailbox and CRM moved; `None` when one field of the unit was never agreed on.
    fn moved(
        &self,
        baseline: Option<&Baseline>,
        sides: Sides<'_>,
        key: &DigestKey,
    ) -> Option<(bool, bool)> {
        let baseline = baseline?;
        let mut moved = (false, false);
        for row in &self.rows {
            let name = &row.name;
            moved.0 |= baseline.moved(Side::Mail, key, name, sides.mail.get(name))?;
            moved.1 |= baseline.moved(Side::Crm, key, name, sides.crm.get(name))?;
        }
        Some(moved)
    }

    fn differs(&self, row: &Row, sides: Sides<'_>) -> bool {
        if row.name == COMPANY {
            return !stands_for(sides.mail.text(COMPANY), sides.crm.text(COMPANY));
        }
        let converted = sides
            .mail
            .get(&row.name)
            .and_then(|value| to_crm(row, value, &mut Trace::new()));
        !same(converted.as_ref(), sides.crm.get(&row.name))
    }

    /// Zones are called differently on both sides and say nothing once the times agree.
    fn agree(&self, sides: Sides<'_>) -> bool {
        self.rows
            .iter()
            .filter(|row| row.name != "zone")
            .all(|row| !self.differs(row, sides))
    }

    fn empty(&self, record: &Record) -> bool {
        self.rows
            .iter()
            .all(|row| same(record.get(&row.name), None))
    }

    fn write_crm(
        &self,
        baseline: Option<&Baseline>,
        sides: Sides<'_>,
        key: &DigestKey,
        merged: &mut Merged,
        trace: &mut Trace,
    ) {
        for row in &self.rows {
            let value = sides.mail.get(&row.name);
            let unmoved = |baseline: &Baseline| {
                baseline.moved(Side::Mail, key, &row.name, value) == Some(false)
            };
            if row.name == "zone" && baseline.is_some_and(unmoved) {
                continue;
            }
            match value {
                None => merged.to_crm.set(&row.name, ""),
                Some(value) => {
                    if let Some(value) = to_crm(row, value, trace) {
                        merged.to_crm.set(&row.name, value);
                    }
                }
            }
        }
    }

    fn write_mail(
        &self,
        baseline: Option<&Baseline>,
        sides: Sides<'_>,
        key: &DigestKey,
        merged: &mut Merged,
    ) {
        for row in &self.rows {
            let value = sides.crm.get(&row.name);
            let unmoved = |baseline: &Baseline| {
                baseline.moved(Side::Crm, key, &row.name, value) == Some(false)
            };
            if row.name == "zone" && baseline.is_some_and(unmoved) {
                continue;
            }
            match value {
                None => merged.to_mail.set(&row.name, ""),
                Some(value) => {
                    if let Some(value) = to_mail(row, value) {
                        merged.to_mail.set(&row.name, value);
                    }
                }
            }
        }
    }
}
