"""What rows hold: which cases were seen, which are the same, an order and folds that follow."""
