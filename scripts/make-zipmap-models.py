"""Makes the models of test/fixtures/zipmap, with what the original files answer.

The tests need none of this: the files are committed. To make them again, in a virtual environment:

    pip install skl2onnx==1.20.0 onnxmltools==1.16.0 lightgbm==4.7.0 xgboost==3.2.0 catboost==1.2.10 \
        scikit-learn==1.9.1 onnx==1.23.2 onnxruntime==1.32.0 pandas==3.1.1
    python scripts/make-zipmap-models.py                        # writes test/fixtures/zipmap; then: biome check --write
    python scripts/make-zipmap-models.py --check <file.onnx> …  # runs the checker of onnx and loads each file

`<name>.onnx` is exported with ZipMap, `<name>-plain.onnx` without, and `<name>.json` holds rows and what the Python
ONNX Runtime answers to them with the file that has ZipMap. `scaled` is a pipeline cut in two files.
"""

import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime as ort

FOLDER = pathlib.Path(__file__).parent.parent / "test" / "fixtures" / "zipmap"
OPSETS = {"": 17, "ai.onnx.ml": 3}
SEED = 7


def plain_value(value):
    """A value of NumPy as JSON keeps it; every float32 is exact as a number of JSON."""
    if isinstance(value, np.ndarray):
        return [plain_value(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def tables(feature_count, classes):
    """Points in clouds, one cloud a class, far enough apart to be learnt and near enough to be unsure."""
    random = np.random.default_rng(SEED)
    centres = random.normal(scale=2.0, size=(len(classes), feature_count))
    rows = np.concatenate([centre + random.normal(size=(40, feature_count)) for centre in centres])
    return rows.astype(np.float32), np.repeat(np.array(classes), 40)


def save(name, model):
    path = FOLDER / f"{name}.onnx"
    path.write_bytes(model.SerializeToString())
    print(f"{path.name}: {path.stat().st_size} bytes")


def answer(model, feeds):
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, feeds)


def write_expected(name, payload, labels, maps):
    """Of each row the label and the dictionary of ZipMap, as pairs in their order: JSON has no keys but text."""
    pairs = [[[key, plain_value(value)] for key, value in row.items()] for row in maps]
    expected = {"payload": payload, "labels": plain_value(labels), "probabilities": pairs}
    text = json.dumps(expected, indent=1) + "\n"
    (FOLDER / f"{name}.json").write_text(text, encoding="utf-8", newline="\n")


def write_pair(name, with_zipmap, plain, rows):
    save(name, with_zipmap)
    save(f"{name}-plain", plain)
    labels, maps = answer(with_zipmap, {with_zipmap.graph.input[0].name: rows})
    write_expected(name, plain_value(rows), labels, maps)


def sklearn_model(name, estimator, classes, feature_count=4):
    from skl2onnx import to_onnx

    x, y = tables(feature_count, classes)
    estimator.fit(x, y)
    exported = [
        to_onnx(estimator, x[:1], target_opset=OPSETS, options={id(estimator): {"zipmap": zipmap}})
        for zipmap in (True, False)
    ]
    write_pair(name, *exported, x[::9])


def lightgbm_model(name, classes):
    from lightgbm import LGBMClassifier
    from onnxmltools.convert import convert_lightgbm
    from onnxmltools.convert.common.data_types import FloatTensorType

    x, y = tables(4, classes)
    model = LGBMClassifier(n_estimators=4, num_leaves=4, random_state=SEED, verbose=-1).fit(x, y)
    types = [("input", FloatTensorType([None, 4]))]
    exported = [convert_lightgbm(model, initial_types=types, zipmap=zipmap, target_opset=15) for zipmap in (True, False)]
    write_pair(name, *exported, x[::9])


def xgboost_model(name, class_count):
    from onnxmltools.convert.xgboost.operator_converters.XGBoost import convert_xgboost
    from skl2onnx import to_onnx, update_registered_converter
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from xgboost import XGBClassifier

    options = {"nocl": [True, False], "zipmap": [True, False, "columns"]}
    shapes = calculate_linear_classifier_output_shapes
    update_registered_converter(XGBClassifier, "XGBoostXGBClassifier", shapes, convert_xgboost, options=options)
    x, y = tables(4, list(range(class_count)))
    classifier = XGBClassifier(n_estimators=4, max_depth=2, random_state=SEED)
    pipeline = make_pipeline(StandardScaler(), classifier).fit(x, y)
    exported = [
        to_onnx(pipeline, x[:1], target_opset=OPSETS, options={id(classifier): {"zipmap": zipmap}})
        for zipmap in (True, False)
    ]
    write_pair(name, *exported, x[::9])


def catboost_model(name, classes):
    """Always with ZipMap; what it writes of the machine and the training is left out."""
    from catboost import CatBoostClassifier

    x, y = tables(3, classes)
    model = CatBoostClassifier(iterations=3, depth=2, random_seed=SEED, verbose=0, allow_writing_files=False).fit(x, y)
    path = FOLDER / f"{name}.onnx"
    model.save_model(path, format="onnx")
    exported = onnx.load(path)
    kept = [entry for entry in exported.metadata_props if entry.key == "class_params"]
    del exported.metadata_props[:]
    exported.metadata_props.extend(kept)
    exported.producer_version = "1.2.10"
    save(name, exported)
    rows = x[::9]
    labels, maps = answer(exported, {"features": rows})
    write_expected(name, plain_value(rows), labels, maps)


def columns_model(name):
    """One input per column of a table, as skl2onnx makes of a DataFrame: numbers and text."""
    import pandas as pd
    from skl2onnx import to_onnx
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    x, y = tables(2, ["good", "worn", "broken"])
    table = pd.DataFrame({"speed": x[:, 0], "torque": x[:, 1], "tool": np.where(x[:, 0] > x[:, 1], "drill", "mill")})
    columns = make_column_transformer((StandardScaler(), ["speed", "torque"]), (OneHotEncoder(), ["tool"]))
    pipeline = make_pipeline(columns, LogisticRegression()).fit(table, y)
    model = to_onnx(pipeline, table[:1], target_opset=OPSETS)
    save(name, model)
    rows = table[::9]
    labels, maps = answer(model, {key: rows[[key]].to_numpy() for key in table.columns})
    write_expected(name, [{key: plain_value(value) for key, value in row.items()} for row in rows.to_dict("records")], labels, maps)


def scaled_model(name):
    """A pipeline in two files: the scaler gives what the classifier takes, by name."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    x, y = tables(4, ["low", "mid", "high"])
    scaler = StandardScaler().fit(x)
    classifier = LogisticRegression().fit(scaler.transform(x), y)
    first = convert_sklearn(
        scaler, initial_types=[("raw", FloatTensorType([None, 4]))], final_types=[("scaled", FloatTensorType([None, 4]))],
        target_opset=OPSETS,
    )  # fmt: skip
    onnx.helper.set_model_props(first, {"feature_names": json.dumps(["ph", "flow", "heat", "salt"])})
    second = convert_sklearn(classifier, initial_types=[("scaled", FloatTensorType([None, 4]))], target_opset=OPSETS)
    save(f"{name}-preprocessing", first)
    save(name, second)
    rows = x[::9]
    (scaled,) = answer(first, {"raw": rows})
    labels, maps = answer(second, {"scaled": scaled})
    write_expected(name, plain_value(rows), labels, maps)


def multi_label_model(name):
    """Several labels a row, each with a score of its own: there is no ZipMap for that."""
    from skl2onnx import to_onnx
    from sklearn.neural_network import MLPClassifier

    x, _ = tables(3, ["a", "b", "c"])
    y = (x > 0).astype(np.int64)
    model = MLPClassifier(hidden_layer_sizes=(4,), max_iter=400, random_state=SEED).fit(x, y)
    exported = to_onnx(model, x[:1], target_opset=OPSETS, options={id(model): {"zipmap": False}})
    save(name, exported)
    rows = x[::9]
    labels, scores = answer(exported, {exported.graph.input[0].name: rows})
    write_expected(name, plain_value(rows), labels, [dict(enumerate(row)) for row in scores])


def make():
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import GaussianNB
    from sklearn.svm import SVC

    FOLDER.mkdir(parents=True, exist_ok=True)
    sklearn_model("logistic-text", LogisticRegression(), ["setosa", "versicolor", "virginica"])
    sklearn_model("logistic-binary", LogisticRegression(), ["fine", "faulty"])
    sklearn_model("forest-numbers", RandomForestClassifier(n_estimators=3, max_depth=3, random_state=SEED), [10, 20, 30])
    sklearn_model("bayes-text", GaussianNB(), ["rot", "grün", "blau"])
    sklearn_model("svm-numbers", SVC(probability=True, random_state=SEED), [-1, 1], 2)
    lightgbm_model("lightgbm-binary", [0, 1])
    lightgbm_model("lightgbm-multi", [1, 2, 3])
    xgboost_model("xgboost-binary", 2)
    xgboost_model("xgboost-multi", 3)
    catboost_model("catboost", ["low", "mid", "high"])
    columns_model("columns")
    scaled_model("scaled")
    multi_label_model("multi-label")


def check(paths):
    for path in paths:
        onnx.checker.check_model(onnx.load(path), full_check=True)
        outputs = [
            f"{one.name} {one.type} {one.shape}"
            for one in ort.InferenceSession(path, providers=["CPUExecutionProvider"]).get_outputs()
        ]
        print(f"{pathlib.Path(path).name}: accepted, {'; '.join(outputs)}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--check"]:
        check(sys.argv[2:])
    else:
        make()
