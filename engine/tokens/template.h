/* ssmtranslate: what is read around the text of a segment (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A model learnt to translate in some form: "text <sep>", "<2de> text </s>", "English: text
 * German:". That form is data of the model folder: a list of parts for the source (the
 * encoder's input, or the first part of the decoder's prompt) and one for what the decoder reads
 * before the first target token. docs/model-format.md has the keys.
 */
#ifndef SSMT_TEMPLATE_H
#define SSMT_TEMPLATE_H

#include "engine/files/json.h"
#include "engine/tokens/tokenizer.h"

G_BEGIN_DECLS

typedef enum {
  SSMT_PART_ID,     /* a token */
  SSMT_PART_PIECE,  /* a token by its name in the vocabulary */
  SSMT_PART_TEXT,   /* to be cut into tokens, with its neighbours */
  SSMT_PART_SOURCE, /* the segment's text */
} SsmtPartKind;

typedef struct {
  SsmtPartKind kind;
  gint32 id;
  char *text; /* of a piece or a text; "{source_language}" stands in it as it is */
} SsmtPart;

/* The decoder's first input where it is no token: a vector of zeros. */
#define SSMT_TOKEN_ZERO (-2)

typedef enum {
  SSMT_TOKENIZER_SENTENCEPIECE,
  SSMT_TOKENIZER_HUGGINGFACE /* tokenizer.json */
} SsmtTokenizerType;

/* What a model folder says of text. */
typedef struct {
  const char *path; /* of config.json, for messages; another's */
  guint32 vocab_size, source_vocab_size, max_source;
  gboolean has_encoder;
  SsmtTokenizerType tokenizer_type;
  /* File names inside the folder, equal when joint; NULL: the folder has none. */
  char *source_tokenizer, *target_tokenizer;
  /* Files that give the tokenizers' pieces other ids; NULL: they have their own. */
  char *source_vocabulary, *target_vocabulary;
  gint32 end_to_check;                     /* the id that "</s>" must have in both; -1: any */
  gint32 source_end;                       /* -1: none */
  gint32 target_start;                     /* -1: none, or SSMT_TOKEN_ZERO */
  GPtrArray *source_parts, *target_parts;  /* of SsmtPart; NULL: none */
  char *source_language, *target_language; /* may be NULL */
  GHashTable *
      marks; /* what signs become before the model reads them, char * to char *; NULL: by default */
} SsmtTextConfig;

void ssmt_text_config_clear (SsmtTextConfig *config);

/* Reads the array `key` into a list of SsmtPart; *parts stays NULL where it is absent. */
gboolean ssmt_template_parse_parts (const SsmtJson *segment, const char *key, guint32 vocab_size,
    gboolean with_source, GPtrArray **parts, GError **error);

typedef struct _SsmtTemplate SsmtTemplate;

/* The configuration's parts, or `text source_end` and `target_start` where it has none. */
SsmtTemplate *ssmt_template_new (const SsmtTextConfig *config, const SsmtTokenizer *source,
    const SsmtTokenizer *target, GError **error);
void ssmt_template_free (SsmtTemplate *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SsmtTemplate, ssmt_template_free)

/* Tokens beside those of the text that a segment can have, source and target together. */
guint32 ssmt_template_get_overhead (const SsmtTemplate *self);
/* What the decoder reads before the first target token, of gint32; SSMT_TOKEN_ZERO may be
 * among them. */
const GArray *ssmt_template_get_target (const SsmtTemplate *self);

/* A segment's source as the model reads it. */
typedef struct {
  GArray *ids;     /* of gint32 */
  GArray *source;  /* of gint32: those of them that are the text's */
  guint first;     /* where in `ids` these begin */
  gboolean joined; /* they also hold text of the template */
} SsmtPrompt;

void ssmt_prompt_clear (SsmtPrompt *prompt);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SsmtPrompt, ssmt_prompt_clear)

/* `prompt` is set in any case; `budget` is as ssmt_tokenizer_encode()'s. */
gboolean ssmt_template_compose (const SsmtTemplate *self, const char *text, SsmtPrompt *prompt,
    SsmtBudget *budget, GError **error);

G_END_DECLS

#endif /* SSMT_TEMPLATE_H */
