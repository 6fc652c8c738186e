/* ssmtranslate: the files of a folder with a Marian model (internal)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which file is which: a decoder's configuration says so (decoder.yml, config*.yml), or the names do
 * as Firefox and OPUS-MT give them: model.enpt.*.bin, vocab.enpt.spm, lex.50.50.enpt.s2t.bin,
 * each also with .gz or .zst.
 */
#ifndef SSMT_MARIAN_FOLDER_H
#define SSMT_MARIAN_FOLDER_H

#include <glib.h>

#include "ssmt/ssmt-error.h"

G_BEGIN_DECLS

/* Names inside the folder; NULL: there is none. */
typedef struct {
  char *model;                         /* .bin or .npz */
  char *source_tokens, *target_tokens; /* SentencePiece; the same where both sides share one */
  char *source_vocabulary, *target_vocabulary; /* ids of pieces, where SentencePiece's are not the
                                                  model's: .yml or .json */
  char *shortlist;
  char *source_language, *target_language;
} SsmtMarianFolder;

/* FALSE without an error: there is no Marian model in it. */
gboolean ssmt_marian_folder_look (SsmtMarianFolder *self, const char *path, GError **error);
void ssmt_marian_folder_clear (SsmtMarianFolder *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SsmtMarianFolder, ssmt_marian_folder_clear)

G_END_DECLS

#endif /* SSMT_MARIAN_FOLDER_H */
