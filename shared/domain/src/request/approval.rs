//! The approval that a request needs: by people, by a rule, or by a review afterwards.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::value::Person;

/// The approval that a request needs. It is fixed when the request is submitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Approval {
    /// People decide, and all steps must be met.
    People {
        /// The steps: the people who decide, and the quorum of each step.
        steps: Steps,
        /// The first instant at which it is too late to decide.
        decide_by: Timestamp,
        /// The nudges while nobody decides, in order of time.
        nudges: Vec<Nudge>,
    },
    /// A rule approves it at once.
    Rule,
    /// Access opens at once in an emergency, and a reviewer looks at it afterwards.
    BreakGlass {
        /// The people who are asked to review it. Never the requester.
        reviewers: BTreeSet<Person>,
        /// The others who are notified: all who would have been asked for approval.
        #[serde(rename = "told")]
        informed: BTreeSet<Person>,
        /// The first instant at which the review is overdue.
        review_by: Timestamp,
    },
}

impl Approval {
    /// The steps that have to be met. Empty unless people decide.
    pub fn steps(&self) -> &[Step] {
        match self {
            Self::People { steps, .. } => &steps.0,
            Self::Rule | Self::BreakGlass { .. } => &[],
        }
    }

    /// The first instant at which it is too late to decide. `None` unless people decide.
    pub fn decide_by(&self) -> Option<Timestamp> {
        match self {
            Self::People { decide_by, .. } => Some(*decide_by),
            Self::Rule | Self::BreakGlass { .. } => None,
        }
    }

    /// The first instant at which the review is overdue. `None` if there is no review.
    pub fn review_by(&self) -> Option<Timestamp> {
        match self {
            Self::BreakGlass { review_by, .. } => Some(*review_by),
            Self::People { .. } | Self::Rule => None,
        }
    }

    /// The nudges while nobody decides, in order of time.
    pub fn nudges(&self) -> &[Nudge] {
        match self {
            Self::People { nudges, .. } => nudges,
            Self::Rule | Self::BreakGlass { .. } => &[],
        }
    }

    /// The people who are notified of a request that has waited for long.
    pub fn escalated_to(&self) -> impl Iterator<Item = &Person> {
        self.nudges().iter().flat_map(|nudge| match nudge {
            Nudge::Escalation { to, .. } => Some(to).into_iter().flatten(),
            Nudge::Reminder { .. } => None.into_iter().flatten(),
        })
    }

    /// The people who are asked at once: all who may answer, except those of an escalation. If the
    /// others are too few to meet the steps, all are asked.
    pub fn asked_first(&self) -> BTreeSet<&Person> {
        let everybody = self.people();
        let Self::People { steps, .. } = self else { return everybody };
        let kept: BTreeSet<_> = self.escalated_to().collect();
        let first: BTreeSet<_> = everybody.difference(&kept).copied().collect();
        if steps.are_met_by(first.iter().copied()) { first } else { everybody }
    }

    /// The people who are asked for an answer, before access opens or afterwards.
    pub fn people(&self) -> BTreeSet<&Person> {
        match self {
            Self::People { steps, .. } => steps.people(),
            Self::BreakGlass { reviewers, .. } => reviewers.iter().collect(),
            Self::Rule => BTreeSet::new(),
        }
    }
}

/// A nudge: a message about a request that still waits for a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Nudge {
    /// A reminder to each approver who has not answered.
    Reminder {
        /// The time at which it is due.
        at: Timestamp,
    },
    /// Other people are notified that it is not decided yet. Those of them who may decide are asked
    /// now, unless they were asked at once because the others were too few.
    Escalation {
        /// The time at which it is due.
        at: Timestamp,
        /// The people it goes to. Never the requester.
        to: BTreeSet<Person>,
    },
}

impl Nudge {
    /// The time at which it is due.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Reminder { at } | Self::Escalation { at, .. } => *at,
        }
    }
}

/// One approval step: some of these people must say yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The name of the step, such as `owners`.
    pub name: String,
    /// The people who may decide. Never the requester.
    pub approvers: BTreeSet<Person>,
    /// The number of approvals that the step needs.
    pub quorum: usize,
}

/// Steps that must all be met, in any order.
///
/// Law 9: a person counts once, so a person in two steps counts for one of them. People are placed
/// so that as much as possible is met: by a maximum matching between people and the open seats of
/// the steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Steps(pub Vec<Step>);

impl Steps {
    /// All people who may decide, in any step.
    pub fn people(&self) -> BTreeSet<&Person> {
        self.0.iter().flat_map(|step| &step.approvers).collect()
    }

    /// Whether these people meet every step.
    pub fn are_met_by<'p>(&self, people: impl IntoIterator<Item = &'p Person>) -> bool {
        self.unmet_by(people).is_none()
    }

    /// A step that these people do not meet. `None` if they meet every step.
    pub fn unmet_by<'p>(&self, people: impl IntoIterator<Item = &'p Person>) -> Option<&Step> {
        let seated = self.seat(people);
        let unmet = self.0.iter().zip(seated).find(|(step, seated)| seated.len() < step.quorum);
        unmet.map(|(step, _)| step)
    }

    /// The people who count for each step: one list for each step, each person in at most one.
    pub fn seat<'p>(&self, people: impl IntoIterator<Item = &'p Person>) -> Vec<Vec<&'p Person>> {
        let mut seats = vec![Vec::new(); self.0.len()];
        for person in people.into_iter().collect::<BTreeSet<_>>() {
            self.place(person, &mut seats, &mut vec![false; self.0.len()]);
        }
        seats
    }

    /// Gives a person a seat, and moves others to another step of theirs if that makes room.
    /// Returns whether it could. Each step is tried once, so this ends.
    fn place<'p>(
        &self,
        person: &'p Person,
        seats: &mut [Vec<&'p Person>],
        tried: &mut [bool],
    ) -> bool {
        for (index, step) in self.0.iter().enumerate() {
            let Some(first_try) = tried.get_mut(index).filter(|tried| !**tried) else { continue };
            if !step.approvers.contains(person) {
                continue;
            }
            *first_try = true;
            let sitting = seats.get(index).cloned().unwrap_or_default();
            if sitting.len() < step.quorum {
                if let Some(seats) = seats.get_mut(index) {
                    seats.push(person);
                }
                return true;
            }
            for (chair, other) in sitting.into_iter().enumerate() {
                if self.place(other, seats, tried) {
                    if let Some(chair) = seats.get_mut(index).and_then(|seats| seats.get_mut(chair))
                    {
                        *chair = person;
                    }
                    return true;
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str) -> Person {
        format!("{name}@example.com").parse().unwrap()
    }

    fn steps(steps: &[(&[&str], usize)]) -> Steps {
        let step = |(names, quorum): &(&[&str], usize)| Step {
            name: names.concat(),
            approvers: names.iter().map(|name| person(name)).collect(),
            quorum: *quorum,
        };
        Steps(steps.iter().map(step).collect())
    }

    fn met(steps: &Steps, names: &[&str]) -> bool {
        let people: Vec<_> = names.iter().map(|name| person(name)).collect();
        steps.are_met_by(&people)
    }

    #[test]
    fn a_person_in_two_steps_counts_for_one_of_them() {
        let both = steps(&[(&["bob", "carol"], 1), (&["bob"], 1)]);
        assert!(!met(&both, &["bob"]), "one yes is not two");
        assert!(!met(&both, &["bob", "bob"]), "and said twice it is still one");
        assert!(met(&both, &["bob", "carol"]));
        assert!(!met(&both, &["carol", "dave"]));
    }

    #[test]
    fn people_are_moved_to_where_they_are_needed_whatever_the_order() {
        let chain = steps(&[(&["a", "b"], 1), (&["b", "c"], 1), (&["c", "d"], 1)]);
        assert!(met(&chain, &["b", "c", "d"]) && met(&chain, &["a", "b", "c"]));
        assert!(!met(&chain, &["a", "b"]));
        let wide = steps(&[(&["a", "b", "c", "d"], 2), (&["a"], 1), (&["b"], 1)]);
        assert!(met(&wide, &["a", "b", "c", "d"]));
        assert!(!met(&wide, &["a", "b", "c"]));
    }
}
