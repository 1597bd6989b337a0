"""Who reads a document: its blocks, links and headings, and a place where what it says can be done."""
