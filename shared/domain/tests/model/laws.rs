//! The laws that hold in every state of the model.

use domain::request::Status;
use stateright::Property;

use crate::{
    steps::{Life, Twin},
    world::{Kind, Known, LAST, World, ends},
};

pub(crate) fn all() -> Vec<Property<Life>> {
    of_openings().into_iter().chain(of_endings()).collect()
}

/// Laws about opening.
fn of_openings() -> Vec<Property<Life>> {
    vec![
        Property::always(
            "law 1: access only under a recorded grant, and before its end",
            |_: &Life, w: &World| effective(w).all(|number| is_granted(w, number)),
        ),
        Property::always(
            "law 2: nothing in IAM without an intent on record",
            |life: &Life, w: &World| {
                let intended = |number: &usize| !is_before_any_intent(w.request(*number).status());
                let attached = !w.iam.attached || life.kind == Kind::Found;
                w.iam.inline.keys().chain(&w.iam.bars).all(intended)
                    && (attached || (0..w.records.len()).any(|number| intended(&number)))
            },
        ),
        Property::always("law 3: the end is fixed, and never later", |_: &Life, w: &World| {
            let same = |number: usize| {
                w.request(number).window().is_none_or(|now| w.fixed[number] == Some(ends(now)))
                    && w.iam.inline.get(&number).is_none_or(|put| w.fixed[number] == Some(*put))
            };
            (0..w.records.len()).all(same)
        }),
        Property::always(
            "law 4: closed and quiet, nothing of ours is left",
            |life: &Life, w: &World| {
                let done =
                    |known: &Known| known.0.status().is_terminal() && known.0.due_at().is_none();
                let over = w.records.iter().all(done);
                if !over || !w.workers.is_empty() || !w.late.is_empty() {
                    return true;
                }
                let mut seen = w.clone();
                seen.look(life);
                is_clean(life, &seen)
            },
        ),
        Property::always("law 5: nobody sets out to open what is over", |_: &Life, w: &World| {
            !w.broken.contains(&5)
        }),
    ]
}

/// Laws about ending, and about both.
fn of_endings() -> Vec<Property<Life>> {
    vec![
        Property::always(
            "law 6: what is open stays, whatever ends beside it",
            |life: &Life, w: &World| {
                let lasts =
                    |number: usize| w.fixed[number].is_some_and(|(_, ends_at)| w.time() < ends_at);
                let open = |number: &usize| {
                    w.request(*number).status() == Status::Active && lasts(*number)
                };
                (0..w.records.len()).filter(open).all(|number| match life.kind {
                    Kind::Inline => w.iam.inline.contains_key(&number),
                    Kind::Managed | Kind::Found => w.iam.attached,
                    Kind::Session => !w.iam.bars.contains(&number),
                })
            },
        ),
        Property::always(
            "law 7: what was there before is never removed",
            |life: &Life, w: &World| life.kind != Kind::Found || w.iam.attached,
        ),
        Property::always("law 8: what is final stays", |_: &Life, w: &World| {
            !w.broken.contains(&8)
        }),
        Property::always("law 12: a no beats a later yes", |_: &Life, w: &World| {
            let stands = |number: usize| {
                matches!(w.request(number).status(), Status::Denied | Status::Cancelled)
            };
            (0..w.records.len()).all(|number| !w.refused[number] || stands(number))
        }),
        Property::always(
            "law 16 and 20: once AWS answers, two sweeps close everything",
            |life: &Life, w: &World| {
                let healed = healed(life, w);
                healed.records.iter().all(|known| known.0.status().is_terminal())
                    && effective(&healed).next().is_none()
                    && is_clean(life, &healed)
            },
        ),
        Property::always("law 17: what a grant opened ends with it", |_: &Life, w: &World| {
            let revoked = |number: &usize| w.request(*number).status() == Status::Revoked;
            sessions(w).find(revoked).is_none()
        }),
        Property::always(
            "law 18: each transition is one entry, without gaps",
            |_: &Life, w: &World| {
                (0..w.records.len()).all(|number| w.request(number).version() == w.entries[number])
            },
        ),
    ]
}

/// Requests that give access now.
fn effective(world: &World) -> impl Iterator<Item = usize> {
    let now = world.time();
    let inside = move |(number, (starts_at, ends_at)): (&usize, &(_, _))| {
        (*starts_at <= now && now < *ends_at).then_some(*number)
    };
    world.iam.inline.iter().filter_map(inside).chain(sessions(world))
}

/// Requests with a session that is alive, inside its fence, and not barred.
fn sessions(world: &World) -> impl Iterator<Item = usize> {
    let now = world.time();
    let alive = move |(number, until): (&usize, &jiff::Timestamp)| {
        let fence = world.fixed[*number].is_some_and(|(_, ends_at)| now < ends_at);
        (now < *until && fence && !world.iam.bars.contains(number)).then_some(*number)
    };
    world.iam.sessions.iter().filter_map(alive)
}

/// Whether the request was approved, and its window is not over. A call that arrives after the
/// request was revoked is a matter of law 4: reconciliation finds and undoes it.
fn is_granted(world: &World, number: usize) -> bool {
    let window = world.fixed[number];
    window.is_some_and(|(_, ends_at)| world.time() < ends_at)
}

fn is_before_any_intent(status: Status) -> bool {
    matches!(
        status,
        Status::Pending | Status::Scheduled | Status::Denied | Status::Cancelled | Status::Expired
    )
}

fn is_clean(life: &Life, world: &World) -> bool {
    let attached = world.iam.attached == (life.kind == Kind::Found);
    world.iam.inline.is_empty() && world.iam.bars.is_empty() && attached
}

/// The world after all late calls have arrived and nothing is cut short any more: reconciliation
/// within the hour, and after all windows two sweeps and another reconciliation.
fn healed(life: &Life, world: &World) -> World {
    let mut world = world.clone();
    for call in std::mem::take(&mut world.late) {
        world.arrive(&call);
    }
    world.workers.clear();
    world.look(life);
    world.now = LAST + 1;
    if life.twin == Twin::GivesUp {
        return world;
    }
    for _sweep in 0..2 {
        for number in 0..life.requests {
            world.start(life, number);
            while let Some(worker) = world.workers.pop() {
                world.work(life, worker);
            }
        }
    }
    world.look(life);
    world
}
