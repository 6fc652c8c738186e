/* ssmtranslate: greedy and beam search over slots
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/search.h"

#include <math.h>
#include <string.h>

#include "engine/network/loop-guard.h"

#define MAX_BEAM 16
#define NO_END (-2) /* a hypothesis is cut off */

typedef struct {
  guint slot;
  double logp;
  guint n_tokens;
  gint32 *tokens; /* (max_target) */
} Hypothesis;

typedef struct {
  guint parent;
  gint32 token; /* or NO_END */
  double logp;  /* of the parent with it */
} Candidate;

typedef struct {
  const SsmtSearch *search;
  guint k;
  SsmtLoopGuard guard;
  Hypothesis live[MAX_BEAM], next[MAX_BEAM];
  guint n_live;
  Hypothesis best;     /* of those that have ended */
  guint best_n_scored; /* tokens that its logp is the sum of */
  gboolean has_best;
  double best_score;
  guint n_ended;
  gint32 *ids; /* (MAX_BEAM, k) */
  float *logp;
} Run;

/* --- what may come next ------------------------------------------------- */

static gboolean
is_allowed (const Run *run, const Hypothesis *hyp, gint32 token)
{
  const SsmtSearch *search = run->search;

  /* What comes in has a letter: an empty translation would lose it. */
  if (token == search->target_end)
    return hyp->n_tokens > 0;
  /* the embedding of a checkpoint is often longer than its tokenizer */
  if (search->n_pieces > 0 && (guint32) token >= search->n_pieces)
    return FALSE;
  for (guint i = 0; i < search->n_forbidden; i++) {
    if (token == search->forbidden[i])
      return FALSE;
  }
  /* there is room for one more token */
  hyp->tokens[hyp->n_tokens] = token;
  return !ssmt_loop_guard_finds (&run->guard, hyp->tokens, hyp->n_tokens + 1);
}

/* --- ended hypotheses --------------------------------------------------- */

static double
score (const SsmtSearch *search, double logp, guint length)
{
  return logp / pow (MAX (length, 1), search->length_penalty);
}

static guint
count_scored (const SsmtSearch *search, const Hypothesis *hyp, const Candidate *end)
{
  return hyp->n_tokens - search->n_prefix + (end->token == search->target_end);
}

/* Keeps an ended hypothesis as the best so far; `slot` becomes the run's. */
static void
run_keep_best (Run *run, const Hypothesis *hyp, const Candidate *end, guint slot, double value)
{
  const SsmtSearch *search = run->search;

  if (run->has_best)
    ssmt_arena_release (search->arena, run->best.slot);
  memcpy (run->best.tokens, hyp->tokens, hyp->n_tokens * sizeof (gint32));
  run->best.n_tokens = hyp->n_tokens;
  run->best.logp = end->logp;
  run->best_n_scored = count_scored (search, hyp, end);
  run->best.slot = slot;
  run->best_score = value;
  run->has_best = TRUE;
}

/* The live hypothesis `end->parent` ends here, its slot having read all its tokens. With `last` the
 * slot is handed over, else a copy is made: the hypothesis also goes on. */
static void
run_end_hypothesis (Run *run, const Candidate *end, gboolean last)
{
  SsmtArena *arena = run->search->arena;
  const Hypothesis *hyp = &run->live[end->parent];
  double value = score (run->search, end->logp, hyp->n_tokens + 1);

  run->n_ended++;
  if (run->search->ended != NULL)
    ssmt_ended_add (run->search->ended,
        &(SsmtEnded){ NULL, end->logp, count_scored (run->search, hyp, end), value }, hyp->tokens,
        hyp->n_tokens);
  if (run->has_best && value <= run->best_score) {
    if (last)
      ssmt_arena_release (arena, hyp->slot);
    return;
  }
  if (last) {
    run_keep_best (run, hyp, end, hyp->slot, value);
  } else {
    guint slot = run->has_best ? run->best.slot : ssmt_arena_acquire (arena);

    ssmt_arena_copy_slot (arena, slot, arena, hyp->slot);
    run->has_best = FALSE; /* its slot is reused */
    run_keep_best (run, hyp, end, slot, value);
  }
}

static gboolean
run_is_decided (const Run *run)
{
  const SsmtSearch *search = run->search;

  if (run->n_live == 0 || run->n_ended >= search->beam_size)
    return TRUE;
  if (!run->has_best || search->ended != NULL)
    return FALSE;
  /* A live one can at best lose no more and be as long as allowed. */
  return score (search, run->live[0].logp, search->max_target + 1) <= run->best_score;
}

/* --- one step ----------------------------------------------------------- */

static int
compare_candidates (const void *a, const void *b)
{
  const Candidate *x = a, *y = b;

  if (x->logp != y->logp)
    return x->logp > y->logp ? -1 : 1;
  if (x->parent != y->parent)
    return x->parent < y->parent ? -1 : 1;
  return x->token < y->token ? -1 : x->token > y->token;
}

/* The allowed continuations of all live hypotheses, best first, at most 2 beam_size. */
static guint
run_collect (Run *run, Candidate *candidates)
{
  guint n = 0;

  for (guint h = 0; h < run->n_live; h++) {
    guint taken = 0;

    for (guint i = 0; i < run->k && taken < 2 * run->search->beam_size; i++) {
      gint32 token = run->ids[h * run->k + i];
      float logp = run->logp[h * run->k + i];

      if (isnan (logp) || !is_allowed (run, &run->live[h], token))
        continue;
      candidates[n++] = (Candidate){ h, token, run->live[h].logp + logp };
      taken++;
    }
  }
  qsort (candidates, n, sizeof *candidates, compare_candidates);
  return MIN (n, 2 * run->search->beam_size);
}

/* Gives each chosen continuation a slot: the first child of a parent takes its parent's,
 * the others copies. Parents without children have given theirs away before. */
static void
run_assign_slots (Run *run, const Candidate *chosen, guint n)
{
  SsmtArena *arena = run->search->arena;
  gboolean taken[MAX_BEAM] = { FALSE };

  for (guint i = 0; i < n; i++) {
    const Hypothesis *parent = &run->live[chosen[i].parent];
    Hypothesis *child = &run->next[i];

    child->slot = parent->slot;
    if (taken[chosen[i].parent]) {
      child->slot = ssmt_arena_acquire (arena);
      ssmt_arena_copy_slot (arena, child->slot, arena, parent->slot);
    }
    taken[chosen[i].parent] = TRUE;
    memcpy (child->tokens, parent->tokens, parent->n_tokens * sizeof (gint32));
    child->tokens[parent->n_tokens] = chosen[i].token;
    child->n_tokens = parent->n_tokens + 1;
    child->logp = chosen[i].logp;
  }
}

/* Ends the hypotheses whose end is among the best, gives back the slots of those
 * that have no child. */
static void
run_retire (Run *run, const Candidate *ends, guint n_ends, const Candidate *chosen, guint n_chosen)
{
  gboolean needed[MAX_BEAM] = { FALSE };

  for (guint i = 0; i < n_chosen; i++)
    needed[chosen[i].parent] = TRUE;
  for (guint i = 0; i < n_ends; i++) {
    guint parent = ends[i].parent;

    run_end_hypothesis (run, &ends[i], !needed[parent]);
    needed[parent] = TRUE; /* its slot is no longer ours to give back */
  }
  for (guint h = 0; h < run->n_live; h++) {
    if (!needed[h])
      ssmt_arena_release (run->search->arena, run->live[h].slot);
  }
}

/* Chooses the next live hypotheses; those that end leave. */
static void
run_select (Run *run)
{
  const SsmtSearch *search = run->search;
  Candidate candidates[MAX_BEAM * 2 * MAX_BEAM];
  Candidate chosen[MAX_BEAM], ends[MAX_BEAM];
  guint n = run_collect (run, candidates), n_chosen = 0, n_ends = 0;

  for (guint i = 0; i < n && n_chosen < search->beam_size; i++) {
    if (candidates[i].token != search->target_end)
      chosen[n_chosen++] = candidates[i];
    else if (i < search->beam_size)
      ends[n_ends++] = candidates[i];
    /* Greedy: where the end is the best there is, nothing goes on. */
    if (search->beam_size == 1)
      break;
  }
  /* Nothing is allowed: what there is ends as it is. */
  if (n == 0)
    ends[n_ends++] = (Candidate){ 0, NO_END, run->live[0].logp };
  run_retire (run, ends, n_ends, chosen, n_chosen);
  run_assign_slots (run, chosen, n_chosen);
  for (guint i = 0; i < n_chosen; i++) {
    Hypothesis old = run->live[i];

    run->live[i] = run->next[i];
    run->next[i] = old;
  }
  run->n_live = n_chosen;
}

/* Feeds each live hypothesis its last token. */
static gboolean
run_advance (Run *run, GError **error)
{
  const SsmtSearch *search = run->search;
  SsmtRows runs[MAX_BEAM];
  gint32 tokens[MAX_BEAM];
  guint32 rows[MAX_BEAM];

  for (guint h = 0; h < run->n_live; h++) {
    const Hypothesis *hyp = &run->live[h];

    runs[h] = (SsmtRows){ hyp->slot, 1, 0, search->memory_rows };
    tokens[h] = hyp->tokens[hyp->n_tokens - 1];
    rows[h] = h;
  }
  if (search->n_rows != NULL)
    *search->n_rows += run->n_live;
  return ssmt_scheduler_run (search->scheduler,
      &(SsmtRequest){ .stack = SSMT_STACK_DECODER,
          .arena = search->arena,
          .runs = runs,
          .n_runs = run->n_live,
          .tokens = tokens,
          .memory = search->memory,
          .logit_rows = rows,
          .n_logit_rows = run->n_live,
          .k = run->k,
          .columns = search->columns,
          .ids = run->ids,
          .logp = run->logp },
      error);
}

/* Ends all live hypotheses at the limit of length. Their slots have read all tokens. */
static void
run_end_all (Run *run)
{
  for (guint h = 0; h < run->n_live; h++)
    run_end_hypothesis (run, &(Candidate){ h, NO_END, run->live[h].logp }, TRUE);
  run->n_live = 0;
}

/* All live hypotheses are of one length. */
static gboolean
run_check_room (const Run *run, GError **error)
{
  return run->n_live == 0
      || ssmt_arena_check_room (run->search->arena, run->live[0].slot, 1, error);
}

static gboolean
run_loop (Run *run, GCancellable *cancellable, GError **error)
{
  const SsmtSearch *search = run->search;

  for (guint length = search->n_prefix; length < search->max_target; length++) {
    run_select (run);
    if (run_is_decided (run))
      return TRUE;
    if (g_cancellable_set_error_if_cancelled (cancellable, error))
      return FALSE;
    if (!run_check_room (run, error) || !run_advance (run, error))
      return FALSE;
  }
  run_end_all (run);
  return TRUE;
}

static void
run_init (Run *run, const SsmtSearch *search, guint slot)
{
  guint vocab = search->vocab;

  *run = (Run){ .search = search, .n_live = 1 };
  run->k = MIN (2 * search->beam_size + search->n_forbidden
          + (search->n_pieces > 0 ? vocab - MIN (search->n_pieces, vocab) : 0) + search->max_ngram,
      MIN (SSMT_SEARCH_MAX_BEST, vocab));
  run->ids = g_new (gint32, MAX_BEAM * run->k);
  run->logp = g_new (float, MAX_BEAM * run->k);
  memcpy (run->ids, search->best_ids, run->k * sizeof *run->ids);
  memcpy (run->logp, search->best_logp, run->k * sizeof *run->logp);
  run->best.tokens = g_new (gint32, search->max_target + 1);
  for (guint i = 0; i < search->beam_size; i++) {
    run->live[i].tokens = g_new (gint32, search->max_target + 1);
    run->next[i].tokens = g_new (gint32, search->max_target + 1);
  }
  run->live[0].slot = slot;
  if (search->n_prefix > 0)
    memcpy (run->live[0].tokens, search->prefix, search->n_prefix * sizeof (gint32));
  run->live[0].n_tokens = search->n_prefix;
  ssmt_loop_guard_init (&run->guard, search->max_ngram, search->source, search->n_source);
}

static void
run_clear (Run *run)
{
  for (guint h = 0; h < run->n_live; h++)
    ssmt_arena_release (run->search->arena, run->live[h].slot);
  for (guint i = 0; i < run->search->beam_size; i++) {
    g_free (run->live[i].tokens);
    g_free (run->next[i].tokens);
  }
  g_free (run->best.tokens);
  g_free (run->ids);
  g_free (run->logp);
}

gboolean
ssmt_search_run (const SsmtSearch *search, guint slot, GArray *target, SsmtSearchResult *result,
    GCancellable *cancellable, GError **error)
{
  Run run;
  gboolean done;

  run_init (&run, search, slot);
  done = run_loop (&run, cancellable, error);
  if (done) {
    g_array_append_vals (target, run.best.tokens, run.best.n_tokens);
    if (search->ended != NULL)
      ssmt_ended_sort (search->ended);
    *result = (SsmtSearchResult){ run.best.slot, run.best.logp, run.best_n_scored };
  } else if (run.has_best) {
    ssmt_arena_release (search->arena, run.best.slot);
  }
  run_clear (&run);
  return done;
}
