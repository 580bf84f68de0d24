"""What rows hold: which cases were seen, which are the same, an order and folds that follow.

There are two rules for which equal rows are one case, as a mistake costs differently:

- ``_folds``, inside a fit: up to five equal rows stay in one fold, without more evidence. If they
  are different cases after all, a fold is a little larger, and nothing else changes. Rows must be
  equal in every value.
- ``_copies``, once per study: rows are joined into groups only where chance does not explain that
  they are equal, since groups count as one case in every interval, and whole groups change sides.
  Rows may differ in some columns, such as the reviewer.

``_fingerprint`` asks another question, whether rows of one table are those of another, and takes
its evidence, like ``_copies``, from ``_chance``.
"""
