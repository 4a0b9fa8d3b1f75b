"""YAML manifests to desired resources, with a position for every mistake."""
