//! Create, change and delete, under the rules that `$metadata` announces.

use super::journal::Operation;
use super::refusal::Refusal;
use super::schema::{Edm, EntitySet, Origin};
use super::settings::Switch;
use super::table::Row;
use super::tenant::Crm;
use super::value::{Value, object_id};
use super::{defaults, derive, mirror, relation};

/// What a client sent for one entity.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Property index and value.
    pub values: Vec<(usize, Value)>,
    /// Navigation index and the nodes below it (deep insert).
    pub children: Vec<(usize, Vec<Draft>)>,
}

/// How a change treats what the client did not send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Omitted {
    /// PATCH: stays.
    Kept,
    /// PUT: becomes empty.
    Emptied,
}

impl Crm {
    /// Creates an entity with its nodes, all or nothing; returns its ObjectID.
    ///
    /// `parent` is the ObjectID of the parent when the client addressed it in the URL.
    ///
    /// # Errors
    /// Refuses what the annotations of the set do not allow, and nodes without a parent.
    pub fn create(
        &mut self,
        set: &'static EntitySet,
        draft: &Draft,
        parent: Option<&str>,
    ) -> Result<String, Refusal> {
        self.atomically(|tenant| {
            let key = tenant.create_node(set, draft, parent)?;
            tenant.after_write(set, &key)?;
            Ok(key)
        })
    }

    fn create_node(
        &mut self,
        set: &'static EntitySet,
        draft: &Draft,
        parent: Option<&str>,
    ) -> Result<String, Refusal> {
        if !set.creatable {
            return Err(Refusal::NotOffered {
                operation: "create",
                set: set.name.to_owned(),
            });
        }
        let mut row = Row::new(self.new_id(), set);
        for (at, value) in &draft.values {
            let property = &set.properties[*at];
            match (property.creatable, property.nullable) {
                (true, _) => row.values[*at] = self.accepted(property, value)?,
                (false, false) => {}
                (false, true) => return Err(Refusal::NotCreatable(property.name.to_owned())),
            }
        }
        if let Some(parent_set) = set.parent {
            let parent = self.parent_of(set, &row, parent)?;
            let at = set.position("ParentObjectID").unwrap_or_default();
            row.values[at] = Value::Text(parent.clone());
            let exists = self
                .schema()
                .set(parent_set)
                .and_then(|s| self.row(s, &parent));
            exists.ok_or_else(|| Refusal::NoParent(set.name.to_owned()))?;
        }
        for (at, property) in set.properties.iter().enumerate() {
            if property.creatable && !property.nullable && row.values[at].is_null() {
                return Err(Refusal::Mandatory(property.name.to_owned()));
            }
        }
        self.identify(set, &mut row);
        defaults::fill(self, set, &mut row);
        derive::pairs(self, set, &mut row, &draft.values);
        derive::names(set, &mut row);
        self.check_period(set, &row)?;
        self.stamp_created(set, &mut row);
        let key = row.key.clone();
        self.put(set, row);
        self.note(Operation::Create, set, &key);
        for (navigation, nodes) in &draft.children {
            let target = set.navigations[*navigation].target;
            let target = self.schema().set(target);
            let target = target.ok_or_else(|| Refusal::NotFound(set.name.to_owned()))?;
            if target.parent != Some(set.name) {
                let name = set.navigations[*navigation].name;
                return Err(Refusal::NotCreatable(name.to_owned()));
            }
            for node in nodes {
                self.create_node(target, node, Some(&key))?;
            }
        }
        Ok(key)
    }

    /// The parent named by the URL, by `ParentObjectID` or by the parent's human number.
    fn parent_of(
        &self,
        set: &EntitySet,
        row: &Row,
        addressed: Option<&str>,
    ) -> Result<String, Refusal> {
        let missing = || Refusal::NoParent(set.name.to_owned());
        if let Some(parent) = addressed {
            return Ok(parent.to_owned());
        }
        let named = set
            .position("ParentObjectID")
            .map(|at| row.values[at].as_text());
        if let Some(parent) = named.filter(|parent| !parent.is_empty()) {
            return Ok(parent.to_owned());
        }
        let number = set.properties.iter().zip(&row.values);
        let number = number
            .filter(|(property, _)| property.origin == Origin::ParentNumber)
            .find_map(|(_, value)| (!value.is_null()).then_some(value))
            .ok_or_else(missing)?;
        let parent = set.parent.and_then(|name| self.schema().set(name));
        let parent = parent.ok_or_else(missing)?;
        let (property, _) = parent.number.ok_or_else(missing)?;
        let table = &self.tables[parent.index];
        let slot = table.equal_to(property, number).into_iter().next();
        let row = slot.and_then(|slot| table.row(slot)).ok_or_else(missing)?;
        Ok(row.key.clone())
    }

    /// Gives a new row its number and repeats its ObjectID as UUID.
    fn identify(&mut self, set: &EntitySet, row: &mut Row) {
        let own = set.uuid.map(|at| &row.values[at]);
        if let Some(Value::Guid(uuid)) = own {
            let wanted = object_id(*uuid);
            if self.row(set, &wanted).is_none() {
                row.key = wanted;
            }
        }
        for at in [set.position("ObjectID"), set.uuid, set.position("UUID")] {
            let Some(at) = at else { continue };
            row.values[at] = match set.properties[at].edm {
                Edm::Guid => super::value::uuid_of(&row.key).map_or(Value::Null, Value::Guid),
                _ => Value::Text(row.key.clone()),
            };
        }
        let wanted = set.number.map(|(at, _)| row.values[at].is_null());
        if wanted == Some(true)
            && let Some((at, number)) = self.next_number(set)
        {
            row.values[at] = Value::Text(number);
        }
    }

    /// Changes an entity.
    ///
    /// # Errors
    /// Refuses an unknown key, and values the annotations of the set do not allow.
    pub fn update(
        &mut self,
        set: &'static EntitySet,
        key: &str,
        draft: &Draft,
        omitted: Omitted,
    ) -> Result<(), Refusal> {
        if !set.updatable {
            return Err(Refusal::NotOffered {
                operation: "update",
                set: set.name.to_owned(),
            });
        }
        if let Some((navigation, _)) = draft.children.first() {
            // Deep update does not exist; nodes are changed in a change set.
            let name = set.navigations[*navigation].name;
            return Err(Refusal::NotUpdatable(name.to_owned()));
        }
        let not_found = || Refusal::NotFound(format!("{}('{key}')", set.name));
        let mut row = self.row(set, key).ok_or_else(not_found)?.clone();
        for (at, value) in &draft.values {
            let property = &set.properties[*at];
            if property.etag || matches!(property.origin, Origin::TextOf(_)) {
                continue;
            }
            if property.updatable {
                let value = self.accepted(property, value)?;
                if !property.nullable && value.is_null() {
                    return Err(Refusal::Mandatory(property.name.to_owned()));
                }
                row.values[*at] = value;
            } else if self.value_of(set, &row, *at).as_ref() != value {
                return Err(Refusal::NotUpdatable(property.name.to_owned()));
            }
        }
        if omitted == Omitted::Emptied {
            for (at, property) in set.properties.iter().enumerate() {
                let sent = draft.values.iter().any(|(sent, _)| *sent == at);
                if property.updatable && !sent {
                    if !property.nullable {
                        return Err(Refusal::Mandatory(property.name.to_owned()));
                    }
                    row.values[at] = Value::Null;
                }
            }
        }
        derive::pairs(self, set, &mut row, &draft.values);
        derive::names(set, &mut row);
        self.check_period(set, &row)?;
        self.stamp_changed(set, &mut row);
        self.atomically(|tenant| {
            tenant.put(set, row);
            tenant.note(Operation::Update, set, key);
            tenant.after_write(set, key)
        })
    }

    /// Deletes an entity with its nodes.
    ///
    /// # Errors
    /// Refuses an unknown key, and sets that offer no deletion (business partners).
    pub fn delete(&mut self, set: &'static EntitySet, key: &str) -> Result<(), Refusal> {
        if !set.deletable {
            return Err(Refusal::NotOffered {
                operation: "delete",
                set: set.name.to_owned(),
            });
        }
        let not_found = || Refusal::NotFound(format!("{}('{key}')", set.name));
        self.row(set, key).ok_or_else(not_found)?;
        self.erase(set, key)
    }

    /// Takes an entity with its nodes away, whatever the set offers.
    pub(super) fn erase(&mut self, set: &'static EntitySet, key: &str) -> Result<(), Refusal> {
        self.atomically(|tenant| {
            tenant.touch_root(set, key)?;
            tenant.note_deletion(set, key);
            relation::forget(tenant, set, key);
            tenant.remove_nodes(set, key);
            tenant.remove(set, key);
            Ok(())
        })
    }

    fn remove_nodes(&mut self, set: &'static EntitySet, key: &str) {
        for navigation in &set.navigations {
            let Some(target) = self.schema().set(navigation.target) else {
                continue;
            };
            if target.parent != Some(set.name) {
                continue;
            }
            let slots = self.children(target, key);
            let keys: Vec<_> = slots
                .into_iter()
                .filter_map(|slot| self.row_at(target, slot).map(|row| row.key.clone()))
                .collect();
            for key in keys {
                relation::forget(self, target, &key);
                self.remove(target, &key);
            }
        }
    }

    /// Moves the clocks of the root and brings derived nodes into line.
    fn after_write(&mut self, set: &'static EntitySet, key: &str) -> Result<(), Refusal> {
        let (root_set, root) = self.touch_root(set, key)?;
        derive::related(self, set, key);
        mirror::bring(self, root_set, &root, set);
        Ok(())
    }

    /// Notes the write of a node's root; a root that is not the node itself counts as changed.
    fn touch_root(
        &mut self,
        set: &'static EntitySet,
        key: &str,
    ) -> Result<(&'static EntitySet, String), Refusal> {
        let Some(parent) = set.parent.and_then(|name| self.schema().set(name)) else {
            self.touch(key)?;
            return Ok((set, key.to_owned()));
        };
        let at = set.position("ParentObjectID").unwrap_or_default();
        let root = self
            .row(set, key)
            .map(|row| row.values[at].as_text().to_owned());
        let root = root.unwrap_or_default();
        self.touch(&root)?;
        if let Some(row) = self.row(parent, &root) {
            let mut row = row.clone();
            let etag = parent.etag().map(|at| (at, row.values[at].clone()));
            if self.settings.child_moves_root_date == Switch::On {
                self.stamp_changed(parent, &mut row);
            }
            if self.settings.child_moves_root_etag == Switch::Off
                && let Some((at, before)) = etag
            {
                row.values[at] = before;
            }
            self.put(parent, row);
        }
        Ok((parent, root))
    }
}
