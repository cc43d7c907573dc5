//! The Cedar entities that rules refer to.

use std::collections::{BTreeSet, HashMap, HashSet};

use cedar_policy::{Entities, Entity, EntityUid, RestrictedExpression, Schema};

use super::facts::{GROUP, entitlement, person, rules, uid};
use crate::directory::{Catalogue, Directory, People};

/// Builds the entities of all people, groups and entries, and of the rules themselves.
pub(super) fn entities(
    catalogue: &Catalogue,
    directory: &Directory,
    schema: &Schema,
) -> Result<Entities, String> {
    let group = |name: &String| uid(&GROUP, name);
    let groups = directory.groups().keys().map(|name| Entity::with_uid(group(name)));
    let mut all: Vec<Entity> = groups.collect();
    for (who, profile) in directory.people() {
        let manager = profile.manager.iter().map(|manager| {
            ("manager".to_owned(), RestrictedExpression::new_entity_uid(person(manager)))
        });
        let parents: HashSet<_> = profile.groups.iter().map(group).collect();
        let entity = Entity::new(person(who), manager.collect(), parents);
        all.push(entity.map_err(|error| error.to_string())?);
    }
    for (id, entry) in catalogue {
        let steps = entry.steps.iter().map(|step| &step.approvers);
        let reviewers = entry.break_glass.iter().map(|glass| &glass.reviewers);
        let approvers = steps.chain(reviewers).fold(People::default(), People::and);
        all.push(thing(entitlement(id), &entry.tags, (&entry.requesters, &approvers))?);
    }
    let nobody = People::default();
    all.push(thing(rules(), &BTreeSet::new(), (&nobody, &nobody))?);
    Entities::from_entities(all, Some(schema)).map_err(|error| error.to_string())
}

/// An entity with the attributes of an entry: an entry, or the rules themselves.
fn thing(
    uid: EntityUid,
    tags: &BTreeSet<String>,
    (requesters, approvers): (&People, &People),
) -> Result<Entity, String> {
    let tags = tags.iter().cloned().map(RestrictedExpression::new_string);
    let attributes = HashMap::from([
        ("tags".to_owned(), RestrictedExpression::new_set(tags)),
        ("requesters".to_owned(), people(requesters)?),
        ("approvers".to_owned(), people(approvers)?),
    ]);
    Entity::new(uid, attributes, HashSet::new()).map_err(|error| error.to_string())
}

fn people(people: &People) -> Result<RestrictedExpression, String> {
    let set = |uids: Vec<EntityUid>| {
        RestrictedExpression::new_set(uids.into_iter().map(RestrictedExpression::new_entity_uid))
    };
    RestrictedExpression::new_record([
        ("people".to_owned(), set(people.people.iter().map(person).collect())),
        ("groups".to_owned(), set(people.groups.iter().map(|name| uid(&GROUP, name)).collect())),
        ("manager".to_owned(), RestrictedExpression::new_bool(people.manager)),
    ])
    .map_err(|error| error.to_string())
}
