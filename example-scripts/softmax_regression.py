"""Trains a softmax regression on rows of a collection, with nothing but Python itself.

A template for scripts of your own: it reads what a run is given from the environment, goes on from the weights of the
version it started from, and writes the model, its accuracy and the weights for the next run.
"""
import json
import math
import os
import random
import struct

FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
LABEL = "species"
CLASSES = ["setosa", "versicolor", "virginica"]
EPOCHS = 200
RATE = 0.05


def main():
    with open(os.environ["collection_data_1_path"]) as file:
        rows = json.load(file)
    folder = os.environ["additional_output_folder_path"]
    weights_path = os.path.join(folder, "weights.json")
    weights = read_weights(weights_path)
    samples = [([float(row[name]) for name in FEATURES], CLASSES.index(row[LABEL])) for row in rows]
    random.Random(0).shuffle(samples)
    held_back = samples[::5] if len(samples) >= 10 else samples
    learned = [sample for index, sample in enumerate(samples) if index % 5 or len(samples) < 10]
    print(f"{len(learned)} rows to learn from, {len(held_back)} to measure by")
    train(weights, learned)
    accuracy = sum(predict(weights, x) == y for x, y in held_back) / len(held_back)
    print(f"accuracy {accuracy:.4f}")
    with open(os.environ["accuracy_path"], "w") as file:
        file.write(f"{accuracy}\n")
    with open(weights_path, "w") as file:
        json.dump(weights, file)
    with open(os.environ["model_file_path"], "wb") as file:
        file.write(onnx_model(weights))


def read_weights(path):
    if os.path.exists(path):
        with open(path) as file:
            print("going on from the weights of the version before")
            return json.load(file)
    return {"w": [[0.0] * len(CLASSES) for _ in FEATURES], "b": [0.0] * len(CLASSES)}


def scores(weights, x):
    sums = [b + sum(x[i] * weights["w"][i][k] for i in range(len(x))) for k, b in enumerate(weights["b"])]
    top = max(sums)
    powers = [math.exp(value - top) for value in sums]
    return [power / sum(powers) for power in powers]


def predict(weights, x):
    found = scores(weights, x)
    return found.index(max(found))


def train(weights, samples):
    for epoch in range(EPOCHS):
        loss = 0.0
        for x, y in samples:
            found = scores(weights, x)
            loss -= math.log(max(found[y], 1e-12))
            for k, score in enumerate(found):
                error = score - (k == y)
                weights["b"][k] -= RATE * error
                for i, value in enumerate(x):
                    weights["w"][i][k] -= RATE * error * value
        if epoch % 50 == 49:
            print(f"epoch {epoch + 1}: loss {loss / len(samples):.4f}")


# An ONNX file is a protocol buffer: fields of a number, a kind and a value. These are all that this model needs;
# with a library at hand (skl2onnx, torch.onnx, tf2onnx) it is one call instead.


def number(field, value):
    return varint(field << 3) + varint(value)


def block(field, value):
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def varint(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def tensor(name, dims, values):
    raw = struct.pack(f"<{len(values)}f", *values)
    return b"".join(number(1, d) for d in dims) + number(2, 1) + block(8, name) + block(9, raw)


def node(kind, inputs, output, attributes=b""):
    return b"".join(block(1, name) for name in inputs) + block(2, output) + block(3, output) + block(4, kind) + attributes


def value_info(name, columns):
    shape = block(1, block(2, "N")) + block(1, number(1, columns))
    return block(1, name) + block(2, block(1, number(1, 1) + block(2, shape)))


def metadata(key, value):
    return block(14, block(1, key) + block(2, json.dumps(value)))


def onnx_model(weights):
    # The names of input and output are those of the version before: flows that use it go on working.
    flat = [value for row in weights["w"] for value in row]
    axis = block(5, block(1, "axis") + number(3, 1) + number(20, 2))
    graph = (
        block(1, node("MatMul", ["features", "weights"], "products"))
        + block(1, node("Add", ["products", "bias"], "sums"))
        + block(1, node("Softmax", ["sums"], "probabilities", axis))
        + block(2, "softmax_regression")
        + block(5, tensor("weights", [len(FEATURES), len(CLASSES)], flat))
        + block(5, tensor("bias", [len(CLASSES)], weights["b"]))
        + block(11, value_info("features", len(FEATURES)))
        + block(12, value_info("probabilities", len(CLASSES)))
    )
    return (
        number(1, 8)
        + block(2, "softmax_regression.py")
        + block(7, graph)
        + block(8, block(1, "") + number(2, 13))
        + metadata("features", FEATURES)
        + metadata("labels", CLASSES)
    )


if __name__ == "__main__":
    main()
