/* ssmtranslate: streams of one model share steps
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/network/scheduler.h"
#include "kernels/float-mode.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* Rows of a prefill that need not be one piece: enough to use the matrix kernels well. */
#define PREFILL_ROWS 256
/* A request of at most so many rows is a step: a beam. */
#define STEP_ROWS 16
/* Steps go before prompts, and who shares no batch (scores, caches that grow) would wait until nobody else writes, as would
 * a prompt that fills one: who has let so many batches go first is next. */
#define PATIENCE 8
#define PROMPT_PATIENCE 64
/* How long a batch waits for streams that are about to bring a request. */
#define GATHER_USEC 200

/* A request whose stream waits for it. */
typedef struct {
  const SsmtRequest *request;
  guint32 rows;
  GList link; /* in `waiting` */
  GCond wake;
  gboolean taken, done;
  guint64 came; /* n_batches then */
  GError *error;
} Ticket;

/* Computes one batch at a time. */
typedef struct {
  SsmtWorkspace *workspace;
  GPtrArray *tickets;  /* of Ticket */
  GPtrArray *requests; /* of SsmtRequest, theirs */
} Lane;

struct _SsmtScheduler {
  const SsmtNetwork *network;
  SsmtDevice *device;
  guint32 max_prompt, max_rows, batch_rows;
  SsmtSlab *slots[2]; /* by stack; NULL: caches grow */
  SsmtSlab *memory;

  GMutex lock;
  GQueue waiting;              /* of Ticket */
  GCond arrival;               /* for who gathers */
  guint n_inside, n_computing; /* streams that have entered; of them those in a batch */
  guint n_lanes, n_busy;
  GPtrArray *idle;  /* of Lane */
  SsmtStack last;   /* the stack of the last batch */
  gint64 last_usec; /* how long it took */
  SsmtSchedulerStats stats;
};

/* --- life ----------------------------------------------------------------- */

static SsmtWorkspace *
new_workspace (SsmtScheduler *self, guint32 rows)
{
  return ssmt_workspace_new (
      self->network, rows, ssmt_network_has_encoder (self->network) ? self->max_prompt : 0);
}

static Lane *
lane_new (SsmtScheduler *self)
{
  SsmtWorkspace *workspace = new_workspace (self, self->batch_rows);
  Lane *lane;

  if (workspace == NULL)
    return NULL;
  lane = g_new0 (Lane, 1);
  lane->workspace = workspace;
  lane->tickets = g_ptr_array_new ();
  lane->requests = g_ptr_array_new ();
  return lane;
}

static void
lane_free (Lane *lane)
{
  ssmt_workspace_free (lane->workspace);
  g_ptr_array_unref (lane->tickets);
  g_ptr_array_unref (lane->requests);
  g_free (lane);
}

static void
init_slabs (SsmtScheduler *self)
{
  for (guint stack = 0; stack < 2; stack++)
    if (ssmt_network_get_token_bytes (self->network, stack) == 0)
      self->slots[stack] =
          ssmt_slab_new (self->device, ssmt_network_get_state_bytes (self->network, stack));
  self->memory =
      ssmt_slab_new (self->device, ssmt_network_get_memory_width (self->network) * sizeof (float));
}

SsmtScheduler *
ssmt_scheduler_new (const SsmtNetwork *network, guint32 max_prompt, guint64 weight_bytes)
{
  SsmtScheduler *self = g_new0 (SsmtScheduler, 1);
  SsmtDevice *device = ssmt_network_get_device (network);
  /* the end of the last target, too */
  guint32 whole = 1 + max_prompt;

  self->network = network;
  self->device = device;
  self->max_prompt = max_prompt;
  self->max_rows = ssmt_network_needs_whole_segment (network)
      ? MAX (whole, STEP_ROWS)
      : CLAMP (whole, STEP_ROWS, PREFILL_ROWS);
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
  /* Where nobody waits for a lane, nobody finds another's request waiting. */
  self->n_lanes = sharing ? MAX (self->device->lanes, 1) : G_MAXUINT;
}

/* --- what a stream owns ---------------------------------------------------- */

gboolean
ssmt_scheduler_init_arena (
    SsmtScheduler *self, SsmtStack stack, SsmtArena *arena, guint32 max_tokens, guint n_slots)
{
  if (self->slots[stack] == NULL)
    return ssmt_network_init_arena (self->network, stack, arena, max_tokens, n_slots);
  return ssmt_arena_init_pooled (arena, self->device, self->slots[stack], n_slots);
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
is_step (const Ticket *ticket)
{
  return ticket->rows <= STEP_ROWS;
}

static gboolean
has_waiting (SsmtScheduler *self, SsmtStack stack)
{
  for (GList *l = self->waiting.head; l != NULL; l = l->next)
    if (((const Ticket *) l->data)->request->stack == stack)
      return TRUE;
  return FALSE;
}

/* It shares a batch with nobody. */
static gboolean
is_alone (const Ticket *ticket)
{
  return ticket->request->arena->slab == NULL || ticket->request->scores != SSMT_SCORES_NONE;
}

/* May the ticket share a batch with the first one in it? */
static gboolean
goes_with (const Ticket *first, const Ticket *ticket)
{
  const SsmtRequest *a = first->request, *b = ticket->request;

  return a->stack == b->stack && a->scores == SSMT_SCORES_NONE && b->scores == SSMT_SCORES_NONE
      && a->arena->slab != NULL && a->arena->slab == b->arena->slab;
}

static guint32
take (SsmtScheduler *self, Lane *lane, Ticket *ticket)
{
  g_queue_unlink (&self->waiting, &ticket->link);
  ticket->taken = TRUE;
  g_ptr_array_add (lane->tickets, ticket);
  g_ptr_array_add (lane->requests, (gpointer) ticket->request);
  return ticket->rows;
}

/* Moves tickets of that kind to the lane while there is room for them. */
static guint32
take_waiting (SsmtScheduler *self, Lane *lane, SsmtStack stack, gboolean steps, guint32 rows,
    guint32 max_rows)
{
  GList *next;

  for (GList *l = self->waiting.head; l != NULL; l = next) {
    Ticket *ticket = l->data;

    next = l->next;
    if (ticket->request->stack != stack || is_step (ticket) != steps)
      continue;
    if (lane->tickets->len > 0
        && (rows + ticket->rows > max_rows || !goes_with (lane->tickets->pdata[0], ticket)))
      continue;
    rows += take (self, lane, ticket);
  }
  return rows;
}

static void
choose_batch (SsmtScheduler *self, Lane *lane)
{
  Ticket *head = self->waiting.head->data;
  SsmtStack stack = head->request->stack;
  SsmtStack other = self->last == SSMT_STACK_DECODER ? SSMT_STACK_ENCODER : SSMT_STACK_DECODER;
  guint32 steps = 0, rows;

  if (self->stats.n_batches - head->came >= (is_alone (head) ? PATIENCE : PROMPT_PATIENCE))
    steps = take (self, lane, head);
  else if (has_waiting (self, other))
    stack = other;
  steps = take_waiting (self, lane, stack, TRUE, steps, MAX (steps, self->batch_rows));
  rows = take_waiting (
      self, lane, stack, FALSE, steps, MIN (steps + self->max_rows, self->batch_rows));
  self->last = stack;
  self->stats.n_batches++;
  self->stats.n_requests += lane->tickets->len;
  self->stats.n_rows += rows;
  self->stats.most_requests = MAX (self->stats.most_requests, lane->tickets->len);
  for (guint i = 0; i < lane->tickets->len; i++) {
    const Ticket *ticket = lane->tickets->pdata[i];
    guint waits = (guint) (self->stats.n_batches - 1 - ticket->came);

    if (is_step (ticket))
      self->stats.most_waits = MAX (self->stats.most_waits, waits);
    else
      self->stats.most_prompt_waits = MAX (self->stats.most_prompt_waits, waits);
  }
}

/* Waits a moment for streams whose next request is about to come. */
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

/* What an errno value means to those whose requests were computed. */
static void
fail (SsmtScheduler *self, Lane *lane, guint first, guint n, int code)
{
  for (guint i = first; i < first + n; i++) {
    Ticket *ticket = lane->tickets->pdata[i];

    if (code == ENOMEM)
      g_set_error_literal (&ticket->error, SSMT_ERROR, SSMT_ERROR_MEMORY,
          "no memory left on the device for the next step");
    else
      g_set_error (&ticket->error, SSMT_ERROR, SSMT_ERROR_DEVICE,
          "%s has failed: load the model on another device and restore the states that were saved",
          self->device->description);
  }
}

/* What must be read in one piece may be longer than a batch: it has scratch for itself. FALSE: there is no
 * memory, and nothing has been computed. */
static gboolean
forward (SsmtScheduler *self, Lane *lane, guint first, guint n)
{
  const SsmtRequest *const *requests = (const SsmtRequest *const *) lane->requests->pdata + first;
  guint32 rows = ((const Ticket *) lane->tickets->pdata[first])->rows;
  g_autoptr (SsmtWorkspace) larger = NULL;

  if (rows > self->batch_rows) {
    larger = new_workspace (self, rows);
    if (larger == NULL)
      return FALSE;
  }
  guint64 mode = ssmt_float_mode_enter ();
  gboolean good = ssmt_network_forward (
      self->network, larger != NULL ? larger : lane->workspace, self->memory, requests, n);

  ssmt_float_mode_leave (mode);
  return good;
}

static void
compute (SsmtScheduler *self, Lane *lane, guint first, guint n)
{
  int code;

  if (forward (self, lane, first, n)) {
    /* behind an encoder, too: what failed for want of memory belongs to this batch alone */
    code = self->device->ops->wait (self->device);
    if (code != 0)
      fail (self, lane, first, n, code);
  } else if (n == 1) {
    fail (self, lane, first, 1, ENOMEM);
  } else {
    /* who asks for more than there is fails alone */
    for (guint i = first; i < first + n; i++)
      compute (self, lane, i, 1);
  }
}

/* A token chosen by what is no number would be any. */
static gboolean
check_finite (const SsmtRequest *request, GError **error)
{
  for (gsize row = 0; request->k > 0 && row < request->n_logit_rows; row++) {
    if (isfinite (request->logp[row * request->k]))
      continue;
    g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_NOT_FINITE,
        "the model computes values that are infinite or no numbers");
    return FALSE;
  }
  return TRUE;
}

/* --- taking turns --------------------------------------------------------- */

static Lane *
find_lane (SsmtScheduler *self)
{
  return self->idle->len > 0 ? g_ptr_array_steal_index_fast (self->idle, self->idle->len - 1)
                             : lane_new (self);
}

static void
finish_batch (SsmtScheduler *self, Lane *lane)
{
  for (guint i = 0; i < lane->tickets->len; i++) {
    Ticket *ticket = lane->tickets->pdata[i];

    ticket->done = TRUE;
    g_cond_signal (&ticket->wake);
  }
  self->n_computing -= lane->tickets->len;
  g_ptr_array_set_size (lane->tickets, 0);
  g_ptr_array_set_size (lane->requests, 0);
  g_ptr_array_add (self->idle, lane);
}

/* Computes a batch, in which the caller's own ticket may be. FALSE: there is no memory to
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
      self->n_computing += lane->tickets->len;
      g_mutex_unlock (&self->lock);
      begin = g_get_monotonic_time ();
      compute (self, lane, 0, lane->requests->len);
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
    g_cond_signal (&((Ticket *) self->waiting.head->data)->wake);
}

gboolean
ssmt_scheduler_run (SsmtScheduler *self, const SsmtRequest *request, GError **error)
{
  Ticket ticket = { .request = request, .rows = ssmt_request_count_rows (request) };

  ticket.link.data = &ticket;
  g_cond_init (&ticket.wake);
  g_mutex_lock (&self->lock);
  ticket.came = self->stats.n_batches;
  g_queue_push_tail_link (&self->waiting, &ticket.link);
  g_cond_signal (&self->arrival);
  while (!ticket.done) {
    if (ticket.taken || self->n_busy >= self->n_lanes) {
      g_cond_wait (&ticket.wake, &self->lock);
    } else if (!lead (self)) {
      g_queue_unlink (&self->waiting, &ticket.link);
      g_set_error_literal (&ticket.error, SSMT_ERROR, SSMT_ERROR_MEMORY,
          "no memory left on the device to compute with");
      break;
    }
  }
  pass_on (self);
  g_mutex_unlock (&self->lock);
  g_cond_clear (&ticket.wake);
  if (ticket.error == NULL)
    return check_finite (request, error);
  g_propagate_error (error, ticket.error);
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
  stats->n_waiting = self->waiting.length;
  g_mutex_unlock (&self->lock);
}
