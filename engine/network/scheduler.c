/* ssmtranslate: streams of one model share steps
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/scheduler.h"

#include <string.h>

/* Rows of a prefill that need not be one piece: enough to use the matrix kernels well. */
#define PREFILL_ROWS 256
/* A call of at most so many rows is a step: a beam. */
#define STEP_ROWS 16
/* How long a batch waits for streams that are about to bring a call. */
#define GATHER_USEC 200

typedef struct {
  const SsmtCall *call;
  guint32 rows;
  GList link;                   /* in `waiting` */
  GCond wake;
  gboolean taken, done;
  guint64 came;                 /* n_batches then */
  GError *error;
} Request;

/* Computes one batch at a time. */
typedef struct {
  SsmtWorkspace *workspace;
  GPtrArray *requests;          /* of Request */
  GArray *shares;               /* of SsmtShare */
  gint32 *ids;                  /* (best_capacity) */
  float *logp;
  gsize best_capacity;
} Lane;

struct _SsmtScheduler {
  const SsmtNetwork *network;
  SsmtDevice *device;
  guint32 max_prompt, max_rows, batch_rows;
  SsmtSlab *slots[2];           /* by stack; NULL: caches grow */
  SsmtSlab *memory;

  GMutex lock;
  GQueue waiting;               /* of Request */
  GCond arrival;                /* for who gathers */
  guint n_inside, n_computing;  /* streams that have entered; of them those in a batch */
  guint n_lanes, n_busy;
  GPtrArray *idle;              /* of Lane */
  SsmtStack last;               /* the stack of the last batch */
  gint64 last_usec;             /* how long it took */
  SsmtSchedulerStats stats;
};

/* --- life ----------------------------------------------------------------- */

static Lane *
lane_new (SsmtScheduler *self)
{
  SsmtWorkspace *workspace = ssmt_workspace_new (self->network,
      self->batch_rows, ssmt_network_has_encoder (self->network)
      ? self->max_prompt : 0);
  Lane *lane;

  if (workspace == NULL)
    return NULL;
  lane = g_new0 (Lane, 1);
  lane->workspace = workspace;
  lane->requests = g_ptr_array_new ();
  lane->shares = g_array_new (FALSE, FALSE, sizeof (SsmtShare));
  return lane;
}

static void
lane_free (Lane *lane)
{
  ssmt_workspace_free (lane->workspace);
  g_ptr_array_unref (lane->requests);
  g_array_unref (lane->shares);
  g_free (lane->ids);
  g_free (lane->logp);
  g_free (lane);
}

static void
init_slabs (SsmtScheduler *self)
{
  for (guint stack = 0; stack < 2; stack++)
    if (ssmt_network_get_token_bytes (self->network, stack) == 0)
      self->slots[stack] = ssmt_slab_new (self->device,
          ssmt_network_get_state_bytes (self->network, stack));
  self->memory = ssmt_slab_new (self->device,
      ssmt_network_get_memory_width (self->network) * sizeof (float));
}

SsmtScheduler *
ssmt_scheduler_new (const SsmtNetwork *network, guint32 max_prompt,
    guint64 weight_bytes)
{
  SsmtScheduler *self = g_new0 (SsmtScheduler, 1);
  SsmtDevice *device = ssmt_network_get_device (network);
  /* the end of the last target, too */
  guint32 whole = 1 + max_prompt;

  self->network = network;
  self->device = device;
  self->max_prompt = max_prompt;
  self->max_rows = ssmt_network_needs_whole_segment (network)
      ? MAX (whole, STEP_ROWS) : CLAMP (whole, STEP_ROWS, PREFILL_ROWS);
  self->batch_rows = MAX (self->max_rows, device->batch_rows);
  self->idle = g_ptr_array_new_with_free_func ((GDestroyNotify) lane_free);
  ssmt_scheduler_set_sharing (self, weight_bytes > device->near_bytes);
  g_mutex_init (&self->lock);
  g_cond_init (&self->arrival);
  g_queue_init (&self->waiting);
  init_slabs (self);
  return self;
}

void
ssmt_scheduler_free (SsmtScheduler *self)
{
  if (self == NULL)
    return;
  g_ptr_array_unref (self->idle);
  for (guint stack = 0; stack < 2; stack++)
    ssmt_slab_free (self->slots[stack]);
  ssmt_slab_free (self->memory);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->arrival);
  g_free (self);
}

void
ssmt_scheduler_set_sharing (SsmtScheduler *self, gboolean sharing)
{
  /* Where nobody waits for a lane, nobody finds another's call waiting. */
  self->n_lanes = sharing ? MAX (self->device->lanes, 1) : G_MAXUINT;
}

/* --- what a stream owns ---------------------------------------------------- */

gboolean
ssmt_scheduler_init_arena (SsmtScheduler *self, SsmtStack stack,
    SsmtArena *arena, guint32 max_tokens, guint n_slots)
{
  if (self->slots[stack] == NULL)
    return ssmt_network_init_arena (self->network, stack, arena, max_tokens,
        n_slots);
  return ssmt_arena_init_pooled (arena, self->device, self->slots[stack],
      n_slots);
}

gboolean
ssmt_scheduler_take_memory (SsmtScheduler *self, guint *first)
{
  return ssmt_slab_take (self->memory, self->max_prompt, first);
}

void
ssmt_scheduler_give_memory (SsmtScheduler *self, guint first)
{
  ssmt_slab_give (self->memory, first, self->max_prompt);
}

guint32
ssmt_scheduler_get_max_rows (const SsmtScheduler *self)
{
  return self->max_rows;
}

/* --- choosing a batch; with the lock -------------------------------------- */

static gboolean
is_step (const Request *request)
{
  return request->rows <= STEP_ROWS;
}

static gboolean
has_waiting (SsmtScheduler *self, SsmtStack stack)
{
  for (GList *l = self->waiting.head; l != NULL; l = l->next)
    if (((const Request *) l->data)->call->stack == stack)
      return TRUE;
  return FALSE;
}

/* May the request share a batch with the first one in it? */
static gboolean
goes_with (const Request *first, const Request *request)
{
  const SsmtCall *a = first->call, *b = request->call;

  return a->stack == b->stack && a->scores == SSMT_SCORES_NONE
      && b->scores == SSMT_SCORES_NONE && a->share.arena->slab != NULL
      && a->share.arena->slab == b->share.arena->slab;
}

/* Moves requests of that kind to the lane while there is room for them. */
static guint32
take_waiting (SsmtScheduler *self, Lane *lane, SsmtStack stack,
    gboolean steps, guint32 rows, guint32 max_rows)
{
  GList *next;

  for (GList *l = self->waiting.head; l != NULL; l = next) {
    Request *request = l->data;

    next = l->next;
    if (request->call->stack != stack || is_step (request) != steps)
      continue;
    if (lane->requests->len > 0 && (rows + request->rows > max_rows
            || !goes_with (lane->requests->pdata[0], request)))
      continue;
    g_queue_unlink (&self->waiting, l);
    request->taken = TRUE;
    g_ptr_array_add (lane->requests, request);
    rows += request->rows;
  }
  return rows;
}

static void
choose_batch (SsmtScheduler *self, Lane *lane)
{
  const Request *head = self->waiting.head->data;
  SsmtStack stack = head->call->stack;
  SsmtStack other = self->last == SSMT_STACK_DECODER
      ? SSMT_STACK_ENCODER : SSMT_STACK_DECODER;
  guint32 steps, rows;

  if (has_waiting (self, other))
    stack = other;
  steps = take_waiting (self, lane, stack, TRUE, 0, self->batch_rows);
  rows = take_waiting (self, lane, stack, FALSE, steps,
      MIN (steps + self->max_rows, self->batch_rows));
  self->last = stack;
  self->stats.n_batches++;
  self->stats.n_calls += lane->requests->len;
  self->stats.n_rows += rows;
  self->stats.most_calls = MAX (self->stats.most_calls, lane->requests->len);
  for (guint i = 0; i < lane->requests->len; i++) {
    const Request *request = lane->requests->pdata[i];
    guint waits = (guint) (self->stats.n_batches - 1 - request->came);

    if (is_step (request))
      self->stats.most_waits = MAX (self->stats.most_waits, waits);
  }
}

/* Waits a moment for streams whose next call is about to come. */
static void
gather (SsmtScheduler *self)
{
  gint64 end;

  if (self->n_inside <= self->n_lanes)
    return;
  end = g_get_monotonic_time () + MIN (GATHER_USEC, self->last_usec / 4);
  while (self->waiting.length + self->n_computing < self->n_inside
      && g_cond_wait_until (&self->arrival, &self->lock, end))
    ;
}

/* --- computing; without the lock ------------------------------------------ */

static void
fail_all (Lane *lane, SsmtError code, const char *message)
{
  for (guint i = 0; i < lane->requests->len; i++) {
    Request *request = lane->requests->pdata[i];

    g_clear_error (&request->error);
    g_set_error_literal (&request->error, SSMT_ERROR, code, message);
  }
}

static void
fail_memory (Lane *lane)
{
  fail_all (lane, SSMT_ERROR_MEMORY,
      "no memory left on the device for the next step");
}

static void
fail_device (SsmtScheduler *self, Lane *lane)
{
  g_autofree char *message = g_strdup_printf ("%s has failed: load the model on "
      "another device and restore the states that were saved",
      self->device->description);

  fail_all (lane, SSMT_ERROR_DEVICE, message);
}

/* The best of all rows at once, then each request's part of them. */
static gboolean
read_best (SsmtScheduler *self, Lane *lane, guint k, guint32 rows)
{
  gsize at = 0;

  if (k == 0)
    return TRUE;
  if ((gsize) rows * k > lane->best_capacity) {
    lane->best_capacity = (gsize) rows * k;
    lane->ids = g_renew (gint32, lane->ids, lane->best_capacity);
    lane->logp = g_renew (float, lane->logp, lane->best_capacity);
  }
  if (!ssmt_network_top_k (self->network, lane->workspace, k, lane->ids,
          lane->logp))
    return FALSE;
  for (guint i = 0; i < lane->requests->len; i++) {
    const SsmtCall *call = ((Request *) lane->requests->pdata[i])->call;

    for (gsize row = 0; row < call->share.n_logit_rows; row++, at += k) {
      if (call->k == 0)
        continue;
      memcpy (call->ids + row * call->k, lane->ids + at,
          call->k * sizeof *call->ids);
      memcpy (call->logp + row * call->k, lane->logp + at,
          call->k * sizeof *call->logp);
    }
  }
  return TRUE;
}

static gboolean
read_outputs (SsmtScheduler *self, Lane *lane)
{
  guint k = 0;
  guint32 first = 0;

  for (guint i = 0; i < lane->requests->len; i++) {
    const Request *request = lane->requests->pdata[i];
    const SsmtCall *call = request->call;

    k = MAX (k, call->k);
    if (call->logits != NULL)
      ssmt_network_read_logit_rows (self->network, lane->workspace, first,
          call->share.n_logit_rows, call->logits);
    if (call->score_values != NULL)
      ssmt_network_read_scores (self->network, lane->workspace, 0,
          request->rows, call->score_columns, call->score_values);
    first += call->share.n_logit_rows;
  }
  return read_best (self, lane, k, first);
}

static void
compute (SsmtScheduler *self, Lane *lane)
{
  const SsmtCall *call = ((Request *) lane->requests->pdata[0])->call;
  gboolean good;

  g_array_set_size (lane->shares, 0);
  for (guint i = 0; i < lane->requests->len; i++)
    g_array_append_val (lane->shares,
        ((Request *) lane->requests->pdata[i])->call->share);
  good = ssmt_network_keep_scores (self->network, lane->workspace,
      call->scores)
      && ssmt_network_forward_shared (self->network, lane->workspace,
      call->stack, self->memory, (const SsmtShare *) lane->shares->data,
      lane->shares->len)
      && read_outputs (self, lane);
  if (!good)
    fail_memory (lane);
  /* On a device that queues, this is for nothing only after something was read. */
  else if (call->stack == SSMT_STACK_DECODER
      && self->device->ops->wait (self->device) != 0)
    fail_device (self, lane);
}

/* --- taking turns --------------------------------------------------------- */

static Lane *
find_lane (SsmtScheduler *self)
{
  return self->idle->len > 0 ? g_ptr_array_steal_index_fast (self->idle,
      self->idle->len - 1) : lane_new (self);
}

static void
finish_batch (SsmtScheduler *self, Lane *lane)
{
  for (guint i = 0; i < lane->requests->len; i++) {
    Request *request = lane->requests->pdata[i];

    request->done = TRUE;
    g_cond_signal (&request->wake);
  }
  self->n_computing -= lane->requests->len;
  g_ptr_array_set_size (lane->requests, 0);
  g_ptr_array_add (self->idle, lane);
}

/* Computes a batch, in which the caller's own request may be. FALSE: there is no memory to
 * compute with. */
static gboolean
lead (SsmtScheduler *self)
{
  Lane *lane;
  gint64 begin;

  self->n_busy++;
  lane = find_lane (self);
  if (lane != NULL) {
    gather (self);
    if (self->waiting.length > 0) {
      choose_batch (self, lane);
      self->n_computing += lane->requests->len;
      g_mutex_unlock (&self->lock);
      begin = g_get_monotonic_time ();
      compute (self, lane);
      g_mutex_lock (&self->lock);
      self->last_usec = g_get_monotonic_time () - begin;
    }
    finish_batch (self, lane);
  }
  self->n_busy--;
  return lane != NULL;
}

/* Whoever waits longest goes on where nobody else does. */
static void
pass_on (SsmtScheduler *self)
{
  if (self->waiting.length > 0 && self->n_busy < self->n_lanes)
    g_cond_signal (&((Request *) self->waiting.head->data)->wake);
}

gboolean
ssmt_scheduler_run (SsmtScheduler *self, const SsmtCall *call, GError **error)
{
  Request request = {.call = call };

  for (guint i = 0; i < call->share.n_spans; i++)
    request.rows += call->share.spans[i].rows;
  request.link.data = &request;
  g_cond_init (&request.wake);
  g_mutex_lock (&self->lock);
  request.came = self->stats.n_batches;
  g_queue_push_tail_link (&self->waiting, &request.link);
  g_cond_signal (&self->arrival);
  while (!request.done) {
    if (request.taken || self->n_busy >= self->n_lanes) {
      g_cond_wait (&request.wake, &self->lock);
    } else if (!lead (self)) {
      g_queue_unlink (&self->waiting, &request.link);
      g_set_error_literal (&request.error, SSMT_ERROR, SSMT_ERROR_MEMORY,
          "no memory left on the device to compute with");
      break;
    }
  }
  pass_on (self);
  g_mutex_unlock (&self->lock);
  g_cond_clear (&request.wake);
  if (request.error == NULL)
    return TRUE;
  g_propagate_error (error, request.error);
  return FALSE;
}

void
ssmt_scheduler_enter (SsmtScheduler *self)
{
  g_mutex_lock (&self->lock);
  self->n_inside++;
  g_mutex_unlock (&self->lock);
}

void
ssmt_scheduler_leave (SsmtScheduler *self)
{
  g_mutex_lock (&self->lock);
  self->n_inside--;
  g_cond_broadcast (&self->arrival);
  g_mutex_unlock (&self->lock);
}

void
ssmt_scheduler_get_stats (SsmtScheduler *self, SsmtSchedulerStats *stats)
{
  g_mutex_lock (&self->lock);
  *stats = self->stats;
  g_mutex_unlock (&self->lock);
}
