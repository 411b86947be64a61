//! A tenant that was refreshed from another one: its records stand as they were, under ids of their own.

use super::schema::{Edm, EntitySet};
use super::tenant::Crm;
use super::value::{Value, uuid_of};

impl Crm {
    /// Gives every record of a set a new ObjectID, and its nodes a new parent. Change dates stay, unless `touched` is set.
    /// Nobody is told.
    pub fn refresh(&mut self, set: &'static EntitySet, touched: bool) {
        let slots: Vec<_> = self.tables[set.index].slots().collect();
        let keys = slots
            .into_iter()
            .filter_map(|slot| Some(self.row_at(set, slot)?.key.clone()));
        let keys: Vec<String> = keys.collect();
        for key in keys {
            let Some(mut row) = self.row(set, &key).cloned() else {
                continue;
            };
            row.key = self.new_id();
            for at in [set.position("ObjectID"), set.uuid, set.position("UUID")] {
                let Some(at) = at else { continue };
                row.values[at] = match set.properties[at].edm {
                    Edm::Guid => uuid_of(&row.key).map_or(Value::Null, Value::Guid),
                    _ => Value::Text(row.key.clone()),
                };
            }
            if touched {
                self.stamp_changed(set, &mut row);
            }
            let new = row.key.clone();
            self.remove(set, &key);
            self.put(set, row);
            self.adopt(set, &key, &new);
        }
    }

    fn adopt(&mut self, set: &'static EntitySet, old: &str, new: &str) {
        for navigation in &set.navigations {
            let Some(nodes) = self.schema().set(navigation.target) else {
                continue;
            };
            if nodes.parent != Some(set.name) {
                continue;
            }
            let at = nodes.position("ParentObjectID").unwrap_or_default();
            for slot in self.children(nodes, old) {
                if let Some(mut node) = self.row_at(nodes, slot).cloned() {
                    node.values[at] = Value::Text(new.to_owned());
                    self.put(nodes, node);
                }
            }
        }
    }
}
