"""The completion pipeline: from a cursor in a document to a text worth showing, or a reason for silence."""
