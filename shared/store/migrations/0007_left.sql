-- Going back leads to what readers saw last, which the numbers of generations do not tell: a replay may follow on a
-- rollback.
ALTER TABLE store.generation ADD COLUMN left_at timestamptz;
COMMENT ON COLUMN store.generation.left_at IS 'When readers were last led away from it; null: they never were';
