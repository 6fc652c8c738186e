/* ssmtranslate: search for targets that have certain phrases
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/forced-search.h"

#include <math.h>
#include <string.h>

#include "engine/network/logits.h"
#include "engine/network/loop-guard.h"

#define MAX_BEAM 16
#define NO_PHRASE G_MAXUINT
#define END_RANK 3
#define MORE_STEPS 6 /* once one has ended: others that are as good end soon, or never */

typedef struct {
  guint slot;
  double logp;
  gint32 *tokens; /* (max_target) */
  guint n_tokens;
  guint32 met;            /* phrases that are there, a bit each */
  guint phrase, form, at; /* the one that is being said, and its next token; NO_PHRASE */
  guint n_forced;         /* tokens of phrases so far */
} Hypothesis;

typedef struct {
  guint parent;
  gint32 token;
  double logp;
  guint phrase, form; /* that it begins or goes on with; NO_PHRASE */
  guint n_forced;
  guint rank; /* among its parent's, from 0 */
} Candidate;

typedef struct {
  const SsmtSearch *search;
  const SsmtForce *force;
  guint32 all;   /* of `met` */
  guint n_forms; /* of all phrases */
  SsmtLoopGuard guard;
  Hypothesis live[MAX_BEAM], next[MAX_BEAM];
  guint n_live, n_ended;
  Hypothesis best;
  double best_rank;
  gboolean has_best;
  float *logits;         /* (MAX_BEAM, vocab) */
  double sums[MAX_BEAM]; /* logarithm of the sum of their exponentials, by row */
  guint8 *begins;        /* (vocab): not 0: a phrase that comes once begins with it */
} Run;

/* --- what may come next ------------------------------------------------------- */

static const GArray *
get_form (const Run *run, guint phrase, guint form)
{
  return run->force->phrases[phrase].forms->pdata[form];
}

static gint32
token_of (const GArray *form, guint at)
{
  return g_array_index (form, gint32, at);
}

static gboolean
is_allowed (const Run *run, const Hypothesis *hyp, gint32 token)
{
  const SsmtSearch *search = run->search;

  if (token == search->target_end)
    return hyp->met == run->all && hyp->n_tokens > 0;
  if (search->n_pieces > 0 && (guint32) token >= search->n_pieces)
    return FALSE;
  if (run->begins[token] || (run->force->banned != NULL && run->force->banned[token]))
    return FALSE;
  for (guint i = 0; i < search->n_forbidden; i++) {
    if (token == search->forbidden[i])
      return FALSE;
  }
  hyp->tokens[hyp->n_tokens] = token;
  return !ssmt_loop_guard_finds (&run->guard, hyp->tokens, hyp->n_tokens + 1);
}

#define SCAN 64

/* Whether one of SCAN values is above `least`. */
static gboolean
any_above (const float *values, float least)
{
  guint32 above = 0;

  for (guint i = 0; i < SCAN; i++) /* in vectors */
    above |= values[i] > least;
  return above != 0;
}

/* The best allowed tokens of the vocabulary, at most `most`: by insertion, few ever move. */
static guint
pick_best (const Run *run, const Hypothesis *hyp, const float *logits, guint most, gint32 *best)
{
  guint n = 0;

  for (guint token = 0; token < run->search->vocab; token++) {
    guint at;

    while (token % SCAN == 0 && n == most && run->search->vocab - token > SCAN
        && !any_above (logits + token, logits[best[n - 1]]))
      token += SCAN;
    if (!(logits[token] > (n < most ? -INFINITY : logits[best[n - 1]]))
        || !is_allowed (run, hyp, token))
      continue;
    at = n < most ? n++ : n - 1;
    for (; at > 0 && logits[best[at - 1]] < logits[token]; at--)
      best[at] = best[at - 1];
    best[at] = token;
  }
  return n;
}

static guint
collect_phrases (const Run *run, guint h, const float *logits, double sum, Candidate *out, guint n)
{
  const Hypothesis *hyp = &run->live[h];

  for (guint p = 0; p < run->force->n_phrases; p++) {
    const GPtrArray *forms = run->force->phrases[p].forms;

    if (hyp->met & (1u << p))
      continue;
    for (guint f = 0; f < forms->len; f++) {
      gint32 token = token_of (forms->pdata[f], 0);

      out[n++] = (Candidate){ h, token, hyp->logp + logits[token] - sum, p, f, hyp->n_forced + 1 };
    }
  }
  return n;
}

static guint
collect (const Run *run, guint h, Candidate *out, guint n)
{
  const Hypothesis *hyp = &run->live[h];
  const float *logits = run->logits + (gsize) h * run->search->vocab;
  double sum = run->sums[h];
  gint32 best[2 * MAX_BEAM];
  guint n_best;

  if (hyp->phrase != NO_PHRASE) {
    gint32 token = token_of (get_form (run, hyp->phrase, hyp->form), hyp->at);

    out[n++] = (Candidate){ h, token, hyp->logp + logits[token] - sum, hyp->phrase, hyp->form,
      hyp->n_forced + 1 };
    return n;
  }
  n_best = pick_best (run, hyp, logits, 2 * run->search->beam_size, best);
  for (guint i = 0; i < n_best; i++)
    out[n++] = (Candidate){ h, best[i], hyp->logp + logits[best[i]] - sum, NO_PHRASE, 0,
      hyp->n_forced, i };
  return collect_phrases (run, h, logits, sum, out, n);
}

/* --- which go on ----------------------------------------------------------------- */

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

static void
run_end (Run *run, const Hypothesis *hyp, double logp)
{
  const SsmtSearch *search = run->search;
  guint n_scored = hyp->n_tokens - search->n_prefix + 1;
  double rank = logp / pow (hyp->n_tokens + 1, search->length_penalty);

  run->n_ended++;
  if (search->ended != NULL)
    ssmt_ended_add (
        search->ended, &(SsmtEnded){ NULL, logp, n_scored, rank }, hyp->tokens, hyp->n_tokens);
  if (run->has_best && rank <= run->best_rank)
    return;
  if (!run->has_best)
    run->best.slot = ssmt_arena_acquire (search->arena);
  ssmt_arena_copy_slot (search->arena, run->best.slot, search->arena, hyp->slot);
  memcpy (run->best.tokens, hyp->tokens, hyp->n_tokens * sizeof (gint32));
  run->best.n_tokens = hyp->n_tokens;
  run->best.logp = logp;
  run->best_rank = rank;
  run->has_best = TRUE;
}

/* A place in turn to each number of tokens of phrases, so that those who have said none yet, always the
 * likeliest, leave room for the others. */
static guint
choose (Run *run, const Candidate *all, guint n, Candidate *chosen)
{
  g_autofree guint8 *taken = g_new0 (guint8, n + 1);
  guint n_chosen = 0, most = 0, before;

  for (guint i = 0; i < n; i++)
    most = MAX (most, all[i].n_forced);
  do {
    before = n_chosen;
    for (gint bank = (gint) most; bank >= 0 && n_chosen < run->search->beam_size; bank--) {
      for (guint i = 0; i < n; i++) {
        if (taken[i] || all[i].n_forced != (guint) bank)
          continue;
        taken[i] = 1;
        chosen[n_chosen++] = all[i];
        break;
      }
    }
  } while (n_chosen > before && n_chosen < run->search->beam_size);
  return n_chosen;
}

/* A phrase that was said unasked is there, too. */
static void
notice_phrase (const Run *run, Hypothesis *hyp)
{
  for (guint p = 0; p < run->force->n_phrases; p++) {
    const GPtrArray *forms = run->force->phrases[p].forms;

    for (guint f = 0; !(hyp->met & (1u << p)) && f < forms->len; f++) {
      const GArray *form = forms->pdata[f];

      if (form->len > hyp->n_tokens
          || memcmp (
                 hyp->tokens + hyp->n_tokens - form->len, form->data, form->len * sizeof (gint32))
              != 0)
        continue;
      hyp->met |= 1u << p;
      hyp->n_forced += form->len;
      return;
    }
  }
}

static void
make_child (Run *run, const Candidate *candidate, Hypothesis *child)
{
  const Hypothesis *parent = &run->live[candidate->parent];
  gint32 *tokens = child->tokens;

  memcpy (tokens, parent->tokens, parent->n_tokens * sizeof (gint32));
  tokens[parent->n_tokens] = candidate->token;
  *child = *parent;
  child->tokens = tokens;
  child->n_tokens++;
  child->logp = candidate->logp;
  child->n_forced = candidate->n_forced;
  if (candidate->phrase == NO_PHRASE) {
    notice_phrase (run, child);
    return;
  }
  child->at = parent->phrase == NO_PHRASE ? 1 : parent->at + 1;
  child->phrase = candidate->phrase;
  child->form = candidate->form;
  if (child->at == get_form (run, child->phrase, child->form)->len) {
    child->met |= 1u << child->phrase;
    child->phrase = NO_PHRASE;
  }
}

/* The first child of a parent takes its slot, the others copies; who has none gives it back. */
static void
assign_slots (Run *run, const Candidate *chosen, guint n)
{
  SsmtArena *arena = run->search->arena;
  gboolean taken[MAX_BEAM] = { FALSE };

  for (guint i = 0; i < n; i++)
    taken[chosen[i].parent] = TRUE;
  for (guint h = 0; h < run->n_live; h++) {
    if (!taken[h])
      ssmt_arena_release (arena, run->live[h].slot);
    taken[h] = FALSE;
  }
  for (guint i = 0; i < n; i++) {
    guint parent = chosen[i].parent, slot = run->live[parent].slot;

    make_child (run, &chosen[i], &run->next[i]);
    if (taken[parent]) {
      run->next[i].slot = ssmt_arena_acquire (arena);
      ssmt_arena_copy_slot (arena, run->next[i].slot, arena, slot);
    }
    taken[parent] = TRUE;
  }
}

static void
run_select (Run *run)
{
  g_autofree Candidate *candidates =
      g_new (Candidate, run->n_live * (2 * run->search->beam_size + run->n_forms));
  Candidate chosen[MAX_BEAM];
  guint n = 0, n_going = 0, n_chosen;

  for (guint h = 0; h < run->n_live; h++)
    n = collect (run, h, candidates, n);
  qsort (candidates, n, sizeof *candidates, compare_candidates);
  for (guint i = 0; i < n; i++) {
    const Candidate *candidate = &candidates[i];

    /* The end counts where its hypothesis would go on with few other tokens: those that have said
     * all phrases are never the likeliest. */
    if (candidate->token != run->search->target_end || candidate->phrase != NO_PHRASE)
      candidates[n_going++] = *candidate;
    else if (candidate->rank < END_RANK)
      run_end (run, &run->live[candidate->parent], candidate->logp);
  }
  n_chosen = choose (run, candidates, n_going, chosen);
  assign_slots (run, chosen, n_chosen);
  for (guint i = 0; i < n_chosen; i++) {
    Hypothesis old = run->live[i];

    run->live[i] = run->next[i];
    run->next[i] = old;
  }
  run->n_live = n_chosen;
}

/* --- the run ----------------------------------------------------------------------- */

static gboolean
run_advance (Run *run, GError **error)
{
  const SsmtSearch *search = run->search;
  SsmtRows runs[MAX_BEAM];
  gint32 tokens[MAX_BEAM];
  guint32 rows[MAX_BEAM];
  gint32 best[MAX_BEAM];
  float logp[MAX_BEAM];

  for (guint h = 0; h < run->n_live; h++) {
    const Hypothesis *hyp = &run->live[h];

    if (!ssmt_arena_check_room (search->arena, hyp->slot, 1, error))
      return FALSE;
    runs[h] = (SsmtRows){ hyp->slot, 1, 0, search->memory_rows };
    tokens[h] = hyp->tokens[hyp->n_tokens - 1];
    rows[h] = h;
  }
  if (search->n_rows != NULL)
    *search->n_rows += run->n_live;
  if (!ssmt_scheduler_run (search->scheduler,
          &(SsmtRequest){ .stack = SSMT_STACK_DECODER,
              .arena = search->arena,
              .runs = runs,
              .n_runs = run->n_live,
              .tokens = tokens,
              .memory = search->memory,
              .logit_rows = rows,
              .n_logit_rows = run->n_live,
              .k = 1,
              .ids = best,
              .logp = logp,
              .logits = run->logits },
          error))
    return FALSE;
  for (guint h = 0; h < run->n_live; h++)
    run->sums[h] = run->logits[(gsize) h * search->vocab + best[h]] - (double) logp[h];
  return TRUE;
}

static gboolean
run_loop (Run *run, GCancellable *cancellable, GError **error)
{
  const SsmtSearch *search = run->search;
  guint last = G_MAXUINT;

  for (guint length = search->n_prefix; length < search->max_target; length++) {
    guint n_ended = run->n_ended;

    run_select (run);
    if (n_ended == 0 && run->n_ended > 0)
      last = length + MORE_STEPS;
    if (run->n_live == 0 || run->n_ended >= search->beam_size || length >= last)
      return TRUE;
    if (g_cancellable_set_error_if_cancelled (cancellable, error) || !run_advance (run, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
run_init (Run *run, const SsmtSearch *search, const SsmtForce *force, const float *logits,
    guint slot, GError **error)
{
  *run = (Run){ .search = search, .force = force, .n_live = 1 };
  run->all = force->n_phrases == 32 ? G_MAXUINT32 : (1u << force->n_phrases) - 1;
  run->logits = ssmt_logits_new (MAX_BEAM, search->vocab, error);
  if (run->logits == NULL)
    return FALSE;
  memcpy (run->logits, logits, search->vocab * sizeof (float));
  run->sums[0] = logits[search->best_ids[0]] - (double) search->best_logp[0];
  run->begins = g_new0 (guint8, search->vocab);
  for (guint p = 0; p < force->n_phrases; p++) {
    run->n_forms += force->phrases[p].forms->len;
    for (guint f = 0; force->phrases[p].only_once && f < force->phrases[p].forms->len; f++)
      run->begins[token_of (get_form (run, p, f), 0)] = 1;
  }
  run->best.tokens = g_new (gint32, search->max_target + 1);
  for (guint i = 0; i < MAX_BEAM; i++) {
    run->live[i].tokens = g_new (gint32, search->max_target + 1);
    run->next[i].tokens = g_new (gint32, search->max_target + 1);
  }
  run->live[0].slot = slot;
  run->live[0].phrase = NO_PHRASE;
  if (search->n_prefix > 0)
    memcpy (run->live[0].tokens, search->prefix, search->n_prefix * sizeof (gint32));
  /* what has been said is not asked for again */
  for (run->live[0].n_tokens = 1; run->live[0].n_tokens <= search->n_prefix; run->live[0].n_tokens++)
    notice_phrase (run, &run->live[0]);
  run->live[0].n_tokens = search->n_prefix;
  ssmt_loop_guard_init (&run->guard, search->max_ngram, search->source, search->n_source);
  return TRUE;
}

static void
run_clear (Run *run)
{
  for (guint h = 0; h < run->n_live; h++)
    ssmt_arena_release (run->search->arena, run->live[h].slot);
  for (guint i = 0; i < MAX_BEAM; i++) {
    g_free (run->live[i].tokens);
    g_free (run->next[i].tokens);
  }
  g_free (run->best.tokens);
  g_free (run->logits);
  g_free (run->begins);
}

gboolean
ssmt_forced_search_run (const SsmtSearch *search, const SsmtForce *force, const float *logits,
    guint slot, GArray *target, SsmtSearchResult *result, gboolean *found,
    GCancellable *cancellable, GError **error)
{
  Run run;
  gboolean done;

  g_return_val_if_fail (force->n_phrases <= SSMT_FORCE_MAX_PHRASES, FALSE);
  g_return_val_if_fail (search->beam_size <= MAX_BEAM, FALSE);
  if (!run_init (&run, search, force, logits, slot, error)) {
    ssmt_arena_release (search->arena, slot);
    return FALSE;
  }
  done = run_loop (&run, cancellable, error);
  *found = done && run.has_best;
  if (*found) {
    g_array_append_vals (target, run.best.tokens, run.best.n_tokens);
    if (search->ended != NULL)
      ssmt_ended_sort (search->ended);
    *result = (SsmtSearchResult){ run.best.slot, run.best.logp,
      run.best.n_tokens - search->n_prefix + 1 };
  } else if (run.has_best) {
    ssmt_arena_release (search->arena, run.best.slot);
  }
  run_clear (&run);
  return done;
}
