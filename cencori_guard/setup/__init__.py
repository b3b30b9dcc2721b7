"""What a repository needs so that no key leaves it: hooks, ignore rules, a template, a workflow."""
