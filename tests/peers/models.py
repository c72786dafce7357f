"""The networks in plain PyTorch, as references: parameters have the names, shapes and order of axes of the published models.

LeNet      LeCun et al. 1998 with ReLU and max pooling, 32x32; or of another width
MLP        dense layers 784-128-64-classes, or others, with ReLU between them, 28x28; names as in torch.nn.Sequential
VGG        Simonyan and Zisserman 2015, configurations A, B, D and E; names as in torchvision
AlexNet    Krizhevsky 2014 (one tower); names as in torchvision
BERT       Devlin et al. 2019, sequence classification; names as in HuggingFace's BertForSequenceClassification
DGCNN      Wang et al. 2019, classification; names as in the authors' PyTorch code

None has dropout: a model in evaluation mode is the same with and without. Networks for pictures have a `stem`, up to the ReLU behind which players
are masked, and a `tail`, the rest; those of the MLP are masked in the picture itself.
"""
import math

import torch
from torch import nn

VGG_PLANS = {
    11: [[64], [128], [256] * 2, [512] * 2, [512] * 2],
    13: [[64] * 2, [128] * 2, [256] * 2, [512] * 2, [512] * 2],
    16: [[64] * 2, [128] * 2, [256] * 3, [512] * 3, [512] * 3],
    19: [[64] * 2, [128] * 2, [256] * 4, [512] * 4, [512] * 4],
}


class LeNet(nn.Module):
    """[count, channels, 27 + kernel, 27 + kernel] -> [count, classes]; players on [filters, 28, 28], behind the first ReLU."""

    def __init__(self, channels=1, classes=10, filters=(6, 16), hidden=(120, 84), kernel=5):
        super().__init__()
        (first, second), (wide, narrow) = filters, hidden
        self.conv1, self.conv2 = nn.Conv2d(channels, first, kernel), nn.Conv2d(first, second, kernel)
        features = second * ((15 - kernel) // 2) ** 2
        self.fc1, self.fc2, self.fc3 = nn.Linear(features, wide), nn.Linear(wide, narrow), nn.Linear(narrow, classes)

    def stem(self, x):
        return torch.relu(self.conv1(x))

    def tail(self, x):
        x = torch.max_pool2d(x, 2)
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(torch.relu(self.fc2(torch.relu(self.fc1(x)))))

    def forward(self, x):
        return self.tail(self.stem(x))


class Convolutional(nn.Module):
    """[count, channels, side, side] -> [count, classes]: `features`, then dense layers; players behind the second ReLU."""

    def __init__(self, features, classifier):
        super().__init__()
        self.features, self.classifier = nn.Sequential(*features), nn.Sequential(*classifier)
        rectified = [index for index, layer in enumerate(features) if isinstance(layer, nn.ReLU)]
        self.behind = rectified[1] + 1

    def stem(self, x):
        return self.features[:self.behind](x)

    def tail(self, x):
        return self.classifier(self.features[self.behind:](x).flatten(1))

    def forward(self, x):
        return self.tail(self.stem(x))


def lenet(channels, classes):
    return LeNet(channels, classes)


def mlp(classes, hidden=(128, 64), activation=nn.ReLU):
    """[count, 1, 28, 28] -> [count, classes]; players on the picture itself."""
    widths = [784, *hidden]
    layers = [layer for pair in zip(widths, hidden) for layer in (nn.Linear(*pair), activation())]
    return nn.Sequential(nn.Flatten(), *layers, nn.Linear(widths[-1], classes))


def vgg(depth, channels, side, classes, filters=64):
    """VGG-11, 13, 16 or 19 for pictures of 32 or 224 pixels a side; the dense layers are 512 wide at 32 and 4,096 at 224, or narrower as all is with fewer filters."""
    features = []
    for block in VGG_PLANS[depth]:
        for width in (width * filters // 64 for width in block):
            features += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        features.append(nn.MaxPool2d(2))
    inputs, width = channels * (side // 32) ** 2, {32: 8, 224: 64}[side] * filters
    kept = nn.Identity  # where torchvision has dropout
    dense = [nn.Linear(inputs, width), nn.ReLU(), kept(), nn.Linear(width, width), nn.ReLU(), kept(), nn.Linear(width, classes)]
    return Convolutional(features, dense)


def alexnet(channels, classes):
    """For pictures of 224 pixels a side."""
    features = [
        nn.Conv2d(channels, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
    ]
    kept = nn.Identity  # where torchvision has dropout
    dense = [kept(), nn.Linear(256 * 6 * 6, 4096), nn.ReLU(), kept(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, classes)]
    return Convolutional(features, dense)


class Embeddings(nn.Module):
    """tokens, types [count, length] -> [count, length, hidden]: the normalised sum of word, position and type."""

    def __init__(self, vocabulary, hidden, positions=512, types=2):
        super().__init__()
        self.word_embeddings = nn.Embedding(vocabulary, hidden, padding_idx=0)
        self.position_embeddings, self.token_type_embeddings = nn.Embedding(positions, hidden), nn.Embedding(types, hidden)
        self.LayerNorm = nn.LayerNorm(hidden, eps=1e-12)

    def forward(self, tokens, types):
        positions = torch.arange(tokens.shape[1], device=tokens.device)
        return self.LayerNorm(self.word_embeddings(tokens) + self.position_embeddings(positions) + self.token_type_embeddings(types))


class SelfAttention(nn.Module):
    """x [count, length, hidden], kept [count, length] (true for tokens, false for padding) -> [count, length, hidden]."""

    def __init__(self, hidden, heads):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(hidden, hidden) for _ in range(3))
        self.heads = heads

    def forward(self, x, kept):
        q, k, v = (self.of_heads(linear(x)) for linear in (self.query, self.key, self.value))
        scores = q @ k.transpose(2, 3) / math.sqrt(q.shape[-1])
        scores = scores.masked_fill(~kept[:, None, None, :], torch.finfo(x.dtype).min)
        return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)

    def of_heads(self, x):
        """[count, length, hidden] -> [count, heads, length, hidden / heads]."""
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)


class AddAndNormalise(nn.Module):
    """LayerNorm(dense(x) + residual)."""

    def __init__(self, inputs, hidden):
        super().__init__()
        self.dense, self.LayerNorm = nn.Linear(inputs, hidden), nn.LayerNorm(hidden, eps=1e-12)

    def forward(self, x, residual):
        return self.LayerNorm(self.dense(x) + residual)


class Dense(nn.Module):
    """activation(dense(x))."""

    def __init__(self, inputs, outputs, activation):
        super().__init__()
        self.dense, self.activation = nn.Linear(inputs, outputs), activation

    def forward(self, x):
        return self.activation(self.dense(x))


class BertLayer(nn.Module):
    """One layer of the encoder: attention, then two dense layers with the exact GELU between them, each added to its input."""

    def __init__(self, hidden, heads, intermediate):
        super().__init__()
        self.attention = nn.ModuleDict({"self": SelfAttention(hidden, heads), "output": AddAndNormalise(hidden, hidden)})
        self.intermediate = Dense(hidden, intermediate, nn.functional.gelu)
        self.output = AddAndNormalise(intermediate, hidden)

    def forward(self, x, kept):
        x = self.attention["output"](self.attention["self"](x, kept), x)
        return self.output(self.intermediate(x), x)


class Bert(nn.Module):
    """tokens, kept, types [count, length] -> logits [count, classes], from the first token's last state."""

    def __init__(self, layers, hidden, heads, intermediate, vocabulary, classes):
        super().__init__()
        encoder = nn.ModuleList(BertLayer(hidden, heads, intermediate) for _ in range(layers))
        self.bert = nn.ModuleDict({
            "embeddings": Embeddings(vocabulary, hidden),
            "encoder": nn.ModuleDict({"layer": encoder}),
            "pooler": Dense(hidden, hidden, torch.tanh),
        })
        self.classifier = nn.Linear(hidden, classes)

    def forward(self, tokens, kept=None, types=None):
        kept = torch.ones_like(tokens, dtype=torch.bool) if kept is None else kept.bool()
        x = self.bert["embeddings"](tokens, torch.zeros_like(tokens) if types is None else types)
        for layer in self.bert["encoder"]["layer"]:
            x = layer(x, kept)
        return self.classifier(self.bert["pooler"](x[:, 0]))


def bert_tiny(vocabulary=30522, classes=2, heads=2):
    return Bert(2, 128, heads, 512, vocabulary, classes)


def bert_medium(vocabulary=30522, classes=2):
    return Bert(8, 512, 8, 2048, vocabulary, classes)


def nearest(x, k):
    """x [count, features, points] -> [count, points, k]: the k points nearest in features, the point itself among them."""
    squares = (x**2).sum(1)
    negative = 2 * x.transpose(1, 2) @ x - squares[:, :, None] - squares[:, None, :]
    return negative.topk(k, dim=-1).indices


def edges(x, k):
    """x [count, features, points] -> [count, 2 features, points, k]: x_j - x_i and x_i for the neighbours j of every point i."""
    neighbours = nearest(x, k)
    count, features, points = x.shape
    there = x.gather(2, neighbours.flatten(1)[:, None].expand(-1, features, -1)).view(count, features, points, k)
    here = x[:, :, :, None].expand_as(there)
    return torch.cat([there - here, here], 1)


class Dgcnn(nn.Module):
    """[count, 3, points] -> [count, classes]; the graph of k neighbours is made anew from every layer's features."""

    def __init__(self, classes, k=20, embedding=1024):
        super().__init__()
        self.k = k
        widths = [64, 64, 128, 256, embedding]
        inputs = [2 * 3, 2 * 64, 2 * 64, 2 * 128, 64 + 64 + 128 + 256]
        for index, (before, width) in enumerate(zip(inputs, widths), 1):
            convolution, normalisation = (nn.Conv2d, nn.BatchNorm2d) if index < 5 else (nn.Conv1d, nn.BatchNorm1d)
            setattr(self, f"bn{index}", normalisation(width))
            block = convolution(before, width, 1, bias=False), getattr(self, f"bn{index}"), nn.LeakyReLU(0.2)
            setattr(self, f"conv{index}", nn.Sequential(*block))
        self.linear1, self.bn6 = nn.Linear(2 * embedding, 512, bias=False), nn.BatchNorm1d(512)
        self.linear2, self.bn7 = nn.Linear(512, 256), nn.BatchNorm1d(256)
        self.linear3 = nn.Linear(256, classes)

    def forward(self, x):
        found = []
        for convolution in (self.conv1, self.conv2, self.conv3, self.conv4):
            x = convolution(edges(x, self.k)).max(-1).values
            found.append(x)
        x = self.conv5(torch.cat(found, 1))
        x = torch.cat([x.max(-1).values, x.mean(-1)], 1)
        x = nn.functional.leaky_relu(self.bn6(self.linear1(x)), 0.2)
        x = nn.functional.leaky_relu(self.bn7(self.linear2(x)), 0.2)
        return self.linear3(x)


def dgcnn(classes, k=20):
    return Dgcnn(classes, k)
