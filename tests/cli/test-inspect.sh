#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a model is made of, and the counts that the paper gives.
. "$(dirname "$0")/tap.sh"
checkpoints=$(dirname "$model")/checkpoints

run "$ssmt" inspect --model "$model"
check "a model is inspected" status_is 0
for word in layer parameters bytes state okenizer icen; do
  check "it tells of \"$word\"" out_has "$word"
done
check "the tokenizer is SentencePiece" out_has "SentencePiece"

cp "$dir/out" "$dir/by-option"
run "$ssmt" inspect "$model"
check "the folder may be an argument" cmp -s "$dir/out" "$dir/by-option"
run "$ssmt" inspect --model "$model" "$model"
check "but not given twice" status_is 2

# arXiv 2407.05489
run "$ssmt" inspect --shape paper-mamba
check "the paper's Mamba has 77011890 parameters" out_has "^parameters  *77011890$"
run "$ssmt" inspect --shape paper-mamba2
check "the paper's Mamba-2 has 78308544 parameters" out_has "^parameters  *78308544$"
run "$ssmt" inspect --shape paper-retnet
check "the paper's RetNet has 76820992 parameters" out_has "^parameters  *76820992$"
check "and carries 6 MiB a stream" out_has "^state  *6291456 bytes per stream$"
run "$ssmt" inspect --shape paper-transformer
check "the paper's Transformer has 76969984 parameters" out_has "^parameters  *76969984$"
run "$ssmt" inspect --shape paper-transformerpp
check "the paper's Transformer++ has 78991472 parameters" out_has "^parameters  *78991472$"
check "its state grows with the document" out_has "^state  *0 bytes per stream and 47616 per token, up to 4096 tokens$"
run "$ssmt" inspect --shape paper-mamba-mha
check "the paper's Mamba-MHA has 68.7 M parameters" out_has "^parameters  *68700528$"
check "its state is constant and grows" out_has "^state  *1138176 bytes per stream and 59904 per token"
run "$ssmt" inspect --shape paper-mamba-local
check "the paper's Mamba-Local has as many" out_has "^parameters  *68700528$"
check "and a constant state" out_has "^state  *4972032 bytes per stream$"
run "$ssmt" inspect --shape paper-mamba-encdec
check "the paper's Mamba enc-dec has 81.7 M parameters" out_has "^parameters  *81674240$"
run "$ssmt" inspect --shape mamba-130m
check "mamba-130m has 129135360 parameters" out_has "^parameters  *129135360$"
run "$ssmt" inspect --shape paper-mamba --dtype i8
check "scales of rows do not count" out_has "^parameters  *77011890$"

mkdir "$dir/bare"
cp "$model/config.json" "$model/model.safetensors" "$dir/bare"
run "$ssmt" inspect "$dir/bare"
check "a folder without a tokenizer is inspected" status_is 0
check "and says so" out_has "^tokenizer  *none$"
run "$ssmt" inspect --config "$model/config.json"
check "a config.json alone is inspected" status_is 0
for system in retnet retnet-fla gla delta-net gated-delta-net recurrent-hybrid; do
  run "$ssmt" inspect --config "$(dirname "$model")/vectors/$system/config.json" --dtype i8
  check "weights can be made up for $system" status_is 0
done

for folder in "$checkpoints"/*/; do
  run "$ssmt" inspect "$folder"
  check "the checkpoint $(basename "$folder") is inspected" out_has "^format  *[A-Za-z]"
  check "with its state" out_has "^state  *[1-9][0-9]* bytes per stream"
done
run "$ssmt" inspect --config "$checkpoints/mamba/config.json"
check "a checkpoint's config.json alone is not enough" err_has "give its folder"

mkdir "$dir/broken"
cp "$model/config.json" "$model/tokenizer.spm" "$dir/broken"
run "$ssmt" inspect "$dir/broken"
check "a folder without weights fails" status_is 1
check "and the file is named" err_has "model.safetensors"
head -c 1000 "$model/model.safetensors" > "$dir/broken/model.safetensors"
run "$ssmt" inspect "$dir/broken"
check "cut weights fail" status_is 1
echo '{' > "$dir/broken/config.json"
run "$ssmt" inspect "$dir/broken"
check "a broken config.json fails" status_is 1
check "and the file is named" err_has "config.json"

finish
