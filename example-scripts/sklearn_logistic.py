"""Trains a logistic regression with scikit-learn and exports it with skl2onnx.

Requirements of the job: scikit-learn, skl2onnx. Whatever the estimator, the contract is the same four lines at the end.
"""
import json
import os

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skl2onnx import to_onnx

FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
LABEL = "species"

with open(os.environ["collection_data_1_path"]) as file:
    rows = json.load(file)

# Rows of earlier runs are not sent again when the job reads new data only: keep what should still count.
kept_path = os.path.join(os.environ["additional_output_folder_path"], "rows.json")
if os.path.exists(kept_path):
    with open(kept_path) as file:
        rows = json.load(file) + rows
with open(kept_path, "w") as file:
    json.dump(rows[-10_000:], file)

x = np.array([[row[name] for name in FEATURES] for row in rows], dtype=np.float32)
y = np.array([row[LABEL] for row in rows])
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=0, stratify=y)

model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000)).fit(x_train, y_train)
accuracy = model.score(x_test, y_test)
print(f"{len(rows)} rows, accuracy {accuracy:.4f}, previous {open(os.environ['previous_metrics_path']).read().strip()}")

# Without the ZipMap the scores are a plain tensor; with it this package takes it out at upload.
onnx_model = to_onnx(model, x[:1], options={"zipmap": False})
with open(os.environ["model_file_path"], "wb") as file:
    file.write(onnx_model.SerializeToString())
with open(os.environ["accuracy_path"], "w") as file:
    file.write(str(accuracy))
