/* ssmtranslate: streams that share batches
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whoever else computes, a stream's words and its state are those that it has alone: to the bit
 * on a CPU.
 */
#include "stream-util.h"

#include <errno.h>

#include "engine/stream/model-private.h"

#define MODEL ((SsmtModel *) data)
#define N_STREAMS 24
#define N_LINES 10

typedef struct {
  SsmtModel *model;
  guint number;
  char *text;
  GBytes *state;
} Job;

static guint
job_beam (const Job *job)
{
  return 1 + job->number % 3;
}

static gpointer
run_job (gpointer data)
{
  Job *job = data;
  g_autoptr (SsmtStream) stream = stream_with (
      job->model, job->number % 5 > 0 ? SSMT_CONTEXT_DOCUMENT : SSMT_CONTEXT_NONE, job_beam (job));

  job->text = stream_translate_lines (stream, job->number, job->number + N_LINES);
  job->state = stream_save (stream);
  return NULL;
}

static void
job_clear (Job *job)
{
  g_free (job->text);
  g_bytes_unref (job->state);
}

static gboolean
shares_batches (SsmtModel *model)
{
  return ssmt_model_get_token_bytes (model) == 0;
}

/* --- a start at which streams meet, however busy the machine ----------------- */

/* A lane for each stream, as many cores would give, and none would share. */
#define MOST_LANES 4
#define MEETING_USEC (60 * G_USEC_PER_SEC)

static struct {
  const SsmtDeviceOps *whole;
  SsmtDeviceOps ops;
  SsmtScheduler *scheduler;
  guint lanes; /* before */
  gint64 end;
  gint met;
} meeting;

/* Every lane's batch lasts until all who are in none wait, or some share one. */
static int
wait_for_others (SsmtDevice *device)
{
  SsmtSchedulerStats stats;

  while (!g_atomic_int_get (&meeting.met)) {
    ssmt_scheduler_get_stats (meeting.scheduler, &stats);
    if (stats.most_requests > 1 || stats.n_waiting >= N_STREAMS - device->lanes
        || g_get_monotonic_time () > meeting.end)
      g_atomic_int_set (&meeting.met, TRUE);
    else
      g_usleep (200);
  }
  return meeting.whole->wait (device);
}

static void
meeting_begin (SsmtModel *model)
{
  SsmtDevice *device = model->device;

  meeting.whole = device->ops;
  meeting.ops = *device->ops;
  meeting.ops.wait = wait_for_others;
  meeting.scheduler = model->scheduler;
  meeting.lanes = device->lanes;
  meeting.end = g_get_monotonic_time () + MEETING_USEC;
  meeting.met = FALSE;
  device->ops = &meeting.ops;
  device->lanes = MIN (device->lanes, MOST_LANES);
  ssmt_scheduler_set_sharing (model->scheduler, TRUE);
}

static void
meeting_end (SsmtModel *model)
{
  model->device->ops = meeting.whole;
  model->device->lanes = meeting.lanes;
  ssmt_scheduler_set_sharing (model->scheduler, TRUE);
}

static void
test_same (gconstpointer data)
{
  Job alone[N_STREAMS], together[N_STREAMS];
  GThread *threads[N_STREAMS];
  SsmtSchedulerStats before, stats;

  for (guint i = 0; i < N_STREAMS; i++) {
    alone[i] = together[i] = (Job){ .model = MODEL, .number = i };
    run_job (&alone[i]);
  }
  ssmt_scheduler_get_stats (MODEL->scheduler, &before);
  g_assert_cmpuint (before.most_requests, ==, 1);
  g_assert_cmpuint (before.most_waits, ==, 0);
  meeting_begin (MODEL);
  for (guint i = 0; i < N_STREAMS; i++)
    threads[i] = g_thread_new ("stream", run_job, &together[i]);
  for (guint i = 0; i < N_STREAMS; i++)
    g_thread_join (threads[i]);
  meeting_end (MODEL);
  ssmt_scheduler_get_stats (MODEL->scheduler, &stats);
  g_test_message ("%" G_GUINT64_FORMAT " calls in %" G_GUINT64_FORMAT
                  " batches, at most %u in one; a step waited for %u, a prompt for %u",
      stats.n_requests - before.n_requests, stats.n_batches - before.n_batches, stats.most_requests,
      stats.most_waits, stats.most_prompt_waits);
  for (guint i = 0; i < N_STREAMS; i++) {
    g_assert_cmpstr (together[i].text, ==, alone[i].text);
    g_assert_true (g_bytes_equal (together[i].state, alone[i].state));
    job_clear (&alone[i]);
    job_clear (&together[i]);
  }
  /* the same work, not one call more */
  g_assert_cmpuint (stats.n_requests - before.n_requests, ==, before.n_requests);
  g_assert_cmpuint (stats.n_rows - before.n_rows, ==, before.n_rows);
  if (shares_batches (MODEL)) {
    g_assert_cmpuint (stats.most_requests, >, 1);
    g_assert_cmpuint (stats.n_batches - before.n_batches, <, stats.n_requests - before.n_requests);
    /* the batch of the other stack, however many read long segments */
    g_assert_cmpuint (stats.most_waits, <=, 1);
  } else {
    g_assert_cmpuint (stats.most_requests, ==, 1);
    /* behind those who came before it, and no others for long */
    g_assert_cmpuint (stats.most_prompt_waits, <, 2 * N_STREAMS);
  }
}

/* --- slabs that move -------------------------------------------------------- */

/* Streams come and go; each says what a stream says that nothing moved. */
static gpointer
come_and_go (gpointer data)
{
  Job *job = data;

  for (guint round = 0; round < 4; round++) {
    SsmtStream *streams[12];
    guint n = 3 + (job->number * 5 + round * 7) % 10;

    for (guint i = 0; i < n; i++)
      streams[i] = stream_with (job->model, SSMT_CONTEXT_DOCUMENT, 2);
    for (guint i = 0; i < n; i++) {
      g_autofree char *text = stream_translate_lines (streams[i], 0, 2);

      g_assert_cmpstr (text, ==, job->text);
      g_object_unref (streams[i]);
    }
  }
  return NULL;
}

static void
test_moves (gconstpointer data)
{
  GThread *threads[10];
  Job jobs[10];
  g_autoptr (SsmtStream) stays = stream_with (MODEL, SSMT_CONTEXT_DOCUMENT, 2);
  g_autofree char *text = stream_translate_lines (stays, 0, 2);
  g_autofree char *next = NULL, *expected = NULL;
  g_autoptr (SsmtStream) again = stream_with (MODEL, SSMT_CONTEXT_DOCUMENT, 2);

  expected = stream_translate_lines (again, 0, 4);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++) {
    jobs[i] = (Job){ .model = MODEL, .number = i, .text = text };
    threads[i] = g_thread_new ("streams", come_and_go, &jobs[i]);
  }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  next = stream_translate_lines (stays, 2, 4);
  g_assert_true (g_str_has_prefix (expected, text));
  g_assert_true (g_str_has_suffix (expected, next));
}

/* --- devices that fail ------------------------------------------------------ */

static int
wait_failing (SsmtDevice *device)
{
  return EIO;
}

static SsmtBuffer *
alloc_failing (SsmtDevice *device, size_t bytes)
{
  return NULL;
}

/* What was saved goes on where another device is. */
static void
test_lost (gconstpointer data)
{
  g_autoptr (SsmtModel) lost = stream_model_load ("tiny-encdec");
  g_autoptr (SsmtModel) other = stream_model_load ("tiny-encdec");
  SsmtDeviceOps ops = *lost->device->ops;
  const SsmtDeviceOps *whole = lost->device->ops;
  g_autoptr (SsmtStream) stream = stream_new (lost);
  g_autoptr (SsmtStream) after = stream_new (other);
  g_autoptr (SsmtStream) straight = stream_new (other);
  g_autofree char *begin = stream_translate_lines (stream, 0, 3);
  g_autofree char *all = stream_translate_lines (straight, 0, 6);
  g_autofree char *rest = NULL;
  g_autoptr (SsmtTranslation) none = NULL;
  g_autoptr (GBytes) saved = stream_save (stream);
  g_autoptr (SsmtState) state = NULL;
  g_autoptr (GError) error = NULL;

  ops.wait = wait_failing;
  lost->device->ops = &ops;
  none = ssmt_stream_translate (stream, "the river", SSMT_TRANSLATE_NONE, NULL, &error);
  g_assert_null (none);
  g_assert_error (error, SSMT_ERROR, SSMT_ERROR_DEVICE);
  g_assert_nonnull (strstr (error->message, lost->device->description));
  g_clear_error (&error);
  state = ssmt_stream_get_state (stream, &error);
  g_assert_no_error (error);
  g_assert_null (ssmt_state_to_bytes (state, &error));
  g_assert_error (error, SSMT_ERROR, SSMT_ERROR_DEVICE);
  g_clear_error (&error);
  g_assert_true (stream_restore (after, saved, &error));
  rest = stream_translate_lines (after, 3, 6);
  g_assert_true (g_str_has_prefix (all, begin));
  g_assert_true (g_str_has_suffix (all, rest));
  lost->device->ops = whole;
}

/* Saves while there is memory. */
static GBytes *
stream_save_with (
    SsmtStream *stream, SsmtModel *model, const SsmtDeviceOps *whole, const SsmtDeviceOps *ops)
{
  GBytes *saved;

  model->device->ops = whole;
  saved = stream_save (stream);
  model->device->ops = ops;
  return saved;
}

/* That there is no memory is not told as what the model cannot do. */
static void
test_full_alignment (gconstpointer data)
{
  for (guint from = SSMT_ALIGN_ATTENTION; from <= SSMT_ALIGN_HIDDEN; from++) {
    g_autoptr (SsmtModel) model = stream_model_load ("tiny-decoder");
    g_autoptr (SsmtStream) stream = stream_new (model);
    SsmtDeviceOps ops = *model->device->ops;
    const SsmtDeviceOps *whole = model->device->ops;
    g_autoptr (SsmtAlignment) alignment = NULL, none = NULL;
    g_autoptr (GError) error = NULL;

    ops.alloc = alloc_failing;
    model->device->ops = &ops;
    none = ssmt_stream_align (stream, "the river", "der Fluss", from, NULL, &error);
    g_assert_null (none);
    g_assert_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY);
    g_clear_error (&error);
    model->device->ops = whole;
    alignment = ssmt_stream_align (stream, "the river", "der Fluss", from, NULL, &error);
    g_assert_no_error (error);
    g_assert_nonnull (alignment);
  }
}

/* A device that is full refuses who comes; who is there goes on. */
static void
test_full (gconstpointer data)
{
  g_autoptr (SsmtModel) model = stream_model_load ("tiny-encdec");
  SsmtDeviceOps ops = *model->device->ops;
  const SsmtDeviceOps *whole = model->device->ops;
  g_autoptr (SsmtStream) stream = NULL, more = NULL;
  g_autoptr (GBytes) before = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  SsmtStreamParams params;

  model->device->lazy = FALSE;
  stream = stream_new (model);
  text = stream_translate (stream, "the river");
  ops.alloc = alloc_failing;
  model->device->ops = &ops;
  ssmt_stream_params_init (&params);
  more = ssmt_stream_new (model, &params, &error);
  g_assert_null (more);
  g_assert_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY);
  g_clear_error (&error);
  g_free (text);
  text = stream_translate (stream, "carries old wood");
  /* what an alignment needs is not there: it says so, and the document is where it was */
  before = stream_save_with (stream, model, whole, &ops);
  g_assert_null (
      ssmt_stream_translate (stream, "down to a mill", SSMT_TRANSLATE_ALIGN, NULL, &error));
  g_assert_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY);
  g_clear_error (&error);
  g_assert_null (ssmt_stream_get_state (stream, &error));
  g_assert_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY);
  g_clear_error (&error);
  model->device->ops = whole;
  stream_assert_state (stream, before);
  more = ssmt_stream_new (model, &params, &error);
  g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/scheduler/lost", NULL, test_lost);
  g_test_add_data_func ("/scheduler/full", NULL, test_full);
  g_test_add_data_func ("/scheduler/full-alignment", NULL, test_full_alignment);
  stream_add_test ("scheduler-same", test_same);
  stream_add_test ("scheduler-moves", test_moves);
  return g_test_run ();
}
