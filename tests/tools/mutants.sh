#!/usr/bin/env bash
# Puts known bugs back, one at a time, in a copy of the tree. Each must be caught by the planner's laws, the
# museum, the mirror's end-to-end tests or the simulation; one that survives fails the run.
set -euo pipefail
cd "$(dirname "$0")/../.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git clone -q . "$copy"
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
cd "$copy"

plan=server/domain/src/mirror/plan.rs
create=server/domain/src/mirror/create.rs
fields=server/domain/src/merge/fields.rs
look=server/engine/src/transfer/mirror/mod.rs
act=server/engine/src/transfer/mirror/act.rs
gather=server/engine/src/transfer/mirror/gather.rs
settle=server/engine/src/transfer/mirror/settle.rs
claim=server/engine/src/transfer/mirror/claim.rs
feed=server/engine/src/background/feed.rs

# name ~ file ~ sed program
mutants=(
  "an attendee's copy is written (aluxnimm 354)~$plan~s/if pair.role == Role::Attendee || is_private/if is_private/"
  "a deletion beats an edit in the CRM (OGCS 2022)~$plan~s/    if !unmoved {/    if false {/"
  "a side that cannot be read counts as empty (OGCS 2022, SuiteCRM 8.10)~$look~s/Seen::Unread => ssi_domain::mirror::View::Unread/Seen::Unread => ssi_domain::mirror::View::Gone/"
  "an item that moved counts as deleted (nylas 281)~$gather~s/let missed = matches/let missed = false \&\& matches/"
  "what a dead process left is not looked for (isync)~$act~s/                    self.find_left(file, collections).await?;//"
  "the CRM is not asked for a key before a create (SuiteCRM time-out)~$gather~s/if wanted.is_empty() {/if true {/"
  "the baseline is never renewed (Odoo)~$settle~s/row.baseline = serde_json::to_value(baseline).unwrap_or_default();/let _ = baseline;/"
  "one side always wins and nobody hears of it (chroncal 610)~$fields~s/merged.conflicts.push(Conflict {/let _ = (Conflict {/"
  "every participant's mailbox writes (odoo 70769)~$claim~s/if others.is_empty() {/if true {/"
  "a record made from an item comes down again (frappe 7136)~$create~s/pair.known.is_none() \&\& !crm/false \&\& !crm/"
  "changes are read and not filed (n8n 24970)~$feed~s/for mailbox in self.concerned(row).await? {/for mailbox in self.concerned(row).await?.into_iter().skip(1) {/"
  "what leaves the window is deleted (Graph 6599)~$plan~s/    if !(goes \&\& unmoved) {/    if false {/"
)

survived=0
for mutant in "${mutants[@]}"; do
  IFS='~' read -r name file program <<<"$mutant"
  sed -i "$program" "$file"
  if git diff --quiet; then
    echo "NOT APPLIED $name: $file has changed, mend the list"
    survived=$((survived + 1))
    continue
  fi
  if cargo nextest run -q -p ssi-domain mirror:: merge:: >/dev/null 2>&1 &&
    cargo nextest run -q -p ssi-tests museum:: mirror:: >/dev/null 2>&1 &&
    cargo run -q -p ssi-tests --bin simulate -- --histories 1500 --seed 1 >/dev/null 2>&1; then
    echo "SURVIVED    $name"
    survived=$((survived + 1))
  else
    echo "caught      $name"
  fi
  git checkout -q -- .
done
echo "${#mutants[@]} mutants, $survived not caught"
[ "$survived" = 0 ]
