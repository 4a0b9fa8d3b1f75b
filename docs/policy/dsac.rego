# What a plan must keep to, in Rego: dsac plan --format json | conftest test --policy docs/policy -
package main

import rego.v1

most_deletes := 10

# What goes for good or is made anew; what is held is not done.
deleted contains change.address if {
	some change in input.changes
	change.kind == "sample"
	"delete" in change.actions
	change.held == null
}

deny contains sprintf("%d samples would be deleted, at most %d may", [count(deleted), most_deletes]) if {
	count(deleted) > most_deletes
}

deny contains trim_prefix(sprintf("%s: %s", [block.address, block.message]), ": ") if {
	some block in input.blocks
}

deny contains sprintf("%s would become public", [change.address]) if {
	some change in input.changes
	change.kind == "dataset"
	change.after.public == true
	not was_public(change)
}

was_public(change) if {
	change.before.public == true
}

deny contains sprintf("%s: a description says what is in a dataset", [change.address]) if {
	some change in input.changes
	change.kind == "dataset"
	"create" in change.actions
	not change.after.description
}

warn contains sprintf("%d changes wait for a person's word: %s", [input.held.count, input.held.remedy]) if {
	input.held != null
}
