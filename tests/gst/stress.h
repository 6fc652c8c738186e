/* ssmtranslate tests: everything at once, at random
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef STRESS_H
#define STRESS_H

#include <gst/gst.h>

/* What was done, printed at the end: a run that does nothing must not pass. */
typedef enum {
  /* more than 0 after seconds */
  COUNT_PIPELINES,
  COUNT_MODELS, /* loaded, not shared */
  COUNT_CUES_OUT,
  COUNT_SEEKS,
  COUNT_FLUSHES,
  COUNT_STATE_CHANGES,
  /* after a minute */
  COUNT_CUES_IN,
  COUNT_INTERIMS,
  COUNT_ELEMENT_STATES,
  COUNT_PROPERTIES,
  COUNT_MODEL_PATHS,
  COUNT_RESETS,
  COUNT_READS,
  COUNT_QUERIES,
  COUNT_EVENTS,
  COUNT_CAPS,
  COUNT_EOS_SENT,
  COUNT_EOS_SEEN,
  COUNT_STATS_SEEN,
  COUNT_PARTIALS,
  /* as it happens */
  COUNT_LATE,
  COUNT_CATCH_UPS,
  COUNT_ERRORS,
  COUNT_WARNINGS,
  N_COUNTS
} StressCount;

void stress_count (StressCount count);

/* A thread of ours. */
typedef struct {
  char *name;
  GRand *rand;       /* its own */
  GMutex lock;       /* of the next two, which the watchdog reads */
  const char *doing; /* NULL: nothing that can hang */
  gint64 since;      /* monotonic time, us */
} StressWorker;

void stress_begin (StressWorker *worker, const char *what);
void stress_end (StressWorker *worker);
/* 0 ... n - 1 */
guint stress_pick (StressWorker *worker, guint n);
gboolean stress_chance (StressWorker *worker, guint one_in);

#define STRESS_PICK(worker, array) ((array)[stress_pick ((worker), G_N_ELEMENTS (array))])

typedef enum {
  STRESS_FILE, /* filesrc ! subparse ! ssmtranslate ! fakesink */
  STRESS_FILE_APPSINK,
  STRESS_TEE,    /* several elements behind a tee */
  STRESS_CHAIN,  /* one behind the other */
  STRESS_LIVE,   /* appsrc */
  STRESS_SPEECH, /* appsrc, text/plain and a recogniser's messages */
  STRESS_N_KINDS
} StressKind;

/* A place where one pipeline after the other runs. */
typedef struct {
  StressKind kind;
  GstElement *pipeline;
  GPtrArray *elements;   /* each ssmtranslate in it */
  GstElement *source;    /* an appsrc, or NULL */
  GstElement *appsink;   /* or NULL */
  GstClockTime position; /* of what the appsrc is given */
  /* What a program has to see to: nobody changes the state of the pipeline and of an
   * element in it at once; flushes do not overlap. In this order. */
  GMutex state_lock, flush_lock;

  GMutex lock; /* of what follows */
  GCond unused;
  gboolean is_open; /* others may use the pipeline */
  guint n_users;
} StressSite;

/* Settings of the run, constant. */
extern char **stress_models; /* folders */
extern char *stress_cue_file;

/* stress-site.c */
void stress_write_cues (GRand *rand);
void stress_site_init (StressSite *site);
void stress_site_clear (StressSite *site);
void stress_keep_models (void);
void stress_drop_models (void);
/* Most elements get one that is kept. */
void stress_set_model (GstElement *element, StressWorker *worker);
/* Elements and models that have been seen and not finalized. */
gint stress_n_alive (void);
/* Runs one pipeline at the site, from building to unreffing it. */
void stress_site_run_one (StressSite *site, StressWorker *worker);
/* FALSE: there is no pipeline now. */
gboolean stress_site_use (StressSite *site);
void stress_site_release (StressSite *site);

/* stress-poke.c */
void stress_poke (StressSite *site, StressWorker *worker);
/* Also before the pipeline runs. */
void stress_set_some_property (GstElement *element, StressWorker *worker);

#endif /* STRESS_H */
